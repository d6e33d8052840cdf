// Matrix products: C = op(A) op(B) + beta S, row-major, op(X) = X or its transpose. The base of every linear map, of
// Newton-Schulz and of GPTQ.
#pragma once

#include <string>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

struct Operand {
  Tensor matrix;  // [rows, cols] or a batch [N, rows, cols]
  bool transposed = false;
};
inline Operand transposed(const Tensor& matrix) { return {matrix, true}; }
inline Tensor as_matrix(const Tensor& t) { return t.view({t.rows(), t.cols()}); }
// Elements from one stored row to the next.
inline int64_t row_stride(const Tensor& matrix) { return matrix.row_stride(matrix.shape[-1]); }

// C [M, N] (or [batch, M, N]) = A [M, K] B [K, N] + beta S, summed in float32 and rounded to C's type. S is C itself
// unless `summand` names another tensor of C's shape and type.
// A and B have one type (f32 or bf16); C is f32 or that type. Any may be columns of a wider tensor, but for C beside
// another S. CPU: f32 only, through OpenBLAS, in row blocks of fixed
// size so that the result does not depend on the number of threads.
void matmul(Context& ctx, Operand a, Operand b, const Tensor& c, float beta = 0.0F, const Tensor& summand = {});

// Rows of engine/ops/product_table.cc: the products of a context that measures, so far, whose fastest algorithm is not
// the library's first. None on the CPU.
std::vector<std::string> product_table_rows(Context& ctx);

template <class Backend>
struct MatmulKernel {
  static std::vector<std::string> table_rows(Context& ctx);
  static void run(Context& ctx, Operand a, Operand b, const Tensor& c, float beta, const Tensor& summand);
};

}  // namespace pgolf
