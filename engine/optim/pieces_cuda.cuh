// The CUDA loop over pieces: one block to each.
#pragma once

#include "engine/ops/cuda_rows.cuh"
#include "engine/optim/pieces.h"

namespace pgolf {

inline constexpr int kPieceThreads = 256;

#ifdef __CUDACC__

// op(i) treats element i of the flat tensors.
template <class Op>
__global__ void __launch_bounds__(kPieceThreads) piece_kernel(const int32_t* pieces, Op op) {
  const int64_t first = pieces[2 * blockIdx.x] * kPieceUnit;
  const int count = pieces[2 * blockIdx.x + 1];
#pragma unroll 4
  for (int i = static_cast<int>(threadIdx.x); i < count; i += kPieceThreads) op(first + i);
}

template <class Op>
void for_pieces(Context& ctx, const char* name, const Tensor& pieces, Op op) {
  piece_kernel<<<static_cast<unsigned>(pieces.shape[0]), kPieceThreads, 0, work_queue(ctx)>>>(pieces.as<int32_t>(), op);
  launched(name);
}

#endif  // __CUDACC__

}  // namespace pgolf
