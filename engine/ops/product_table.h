// Which of cuBLASLt's algorithms a large matrix product takes: its own first choice is up to 40 % slower than its best
// at our shapes. Measured once, `pgolf-engine products` prints the rows, and part of this program: so a product is the
// same in every run and on every GPU of one model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/tensor.h"

namespace pgolf {

// C [m, n] = op(A) op(B), inner dimension k.
struct ProductShape {
  int64_t m, n, k;
  bool a_transposed, b_transposed, accumulate;
  DType operands, result;
  bool operator==(const ProductShape&) const = default;
};

// Place in the list of algorithms that `library` (cublasLtGetVersion) gives for the shape on that GPU. 0, its first
// choice, for what the table does not hold.
int product_choice(std::string_view gpu, size_t library, const ProductShape& shape);

// A row of the table.
std::string product_row(const ProductShape& shape, int choice);

}  // namespace pgolf
