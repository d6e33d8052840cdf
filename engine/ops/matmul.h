// Matrix products: C = op(A) op(B) + beta C, row-major, op(X) = X or its transpose. The base of every linear map, of
// Newton-Schulz and of GPTQ.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

struct Operand {
  Tensor matrix;  // [rows, cols] or a batch [N, rows, cols]
  bool transposed = false;
};
inline Operand transposed(const Tensor& matrix) { return {matrix, true}; }
inline Tensor as_matrix(const Tensor& t) { return t.view({t.rows(), t.cols()}); }

// C [M, N] (or [batch, M, N]) = A [M, K] B [K, N] + beta C, summed in float32 and rounded to C's type.
// A and B have one type (f32 or bf16); C is f32 or that type. CPU: f32 only, through OpenBLAS, in row blocks of fixed
// size so that the result does not depend on the number of threads.
void matmul(Context& ctx, Operand a, Operand b, const Tensor& c, float beta = 0.0F);

template <class Backend>
struct MatmulKernel {
  static void run(Context& ctx, Operand a, Operand b, const Tensor& c, float beta);
};

}  // namespace pgolf
