// Element-wise CUDA kernels: eight elements to a thread, the few left over one by one.
#pragma once

#include "engine/ops/cuda_rows.cuh"

namespace pgolf {

inline constexpr int kElementThreads = 256;

#ifdef __CUDACC__

// op.template run<kVec>(i) treats elements i .. i + kVec - 1.
template <class Op>
__global__ void __launch_bounds__(kElementThreads) element_kernel(Op op, int64_t n, bool vectors) {
  const int64_t i = (static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x) * 8;
  if (vectors && i + 8 <= n) {
    op.template run<8>(i);
  } else {
    for (int64_t j = i; j < min(i + 8, n); ++j) op.template run<1>(j);
  }
}

// `operands`: every address the op reads or writes by index; rows of odd width may start anywhere.
template <class Op>
void for_elements(Context& ctx, const char* name, int64_t n, std::initializer_list<const void*> operands, Op op) {
  if (n == 0) return;
  bool aligned = true;
  for (const void* address : operands) aligned = aligned && reinterpret_cast<uintptr_t>(address) % 16 == 0;
  const int64_t blocks = (n + 8 * kElementThreads - 1) / (8 * kElementThreads);
  element_kernel<<<static_cast<unsigned>(blocks), kElementThreads, 0, work_queue(ctx)>>>(op, n, aligned);
  launched(name);
}

#endif  // __CUDACC__

}  // namespace pgolf
