// Element-wise CUDA kernels and sums over elements: eight elements to a thread, the few left over one by one.
#pragma once

#include <algorithm>

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

// Whether vectors may be read at all of these addresses: rows of odd width may start anywhere.
inline bool aligned(std::initializer_list<const void*> operands) {
  return std::ranges::all_of(operands, [](const void* p) { return reinterpret_cast<uintptr_t>(p) % 16 == 0; });
}

// A tensor by the index of its elements, whose rows may lie apart.
template <class T>
struct Elements {
  T* data;
  int64_t run, gap;  // elements together, and between them

  explicit Elements(const Tensor& t) : data(first<T>(t)), run(t.run), gap(t.pitch - t.run) {}
  __device__ T* at(int64_t i) const { return data + (gap == 0 ? i : i + i / run * gap); }
  // What aligned() is to judge: an odd address where vectors of eight would reach over the end of a row.
  const void* operand() const { return reinterpret_cast<const char*>(data) + (run % 8 == 0 && gap % 8 == 0 ? 0 : 1); }
};

// `operands`: every address the op reads or writes by index.
template <class Op>
void for_elements(Context& ctx, const char* name, int64_t n, std::initializer_list<const void*> operands, Op op) {
  if (n == 0) return;
  const int64_t blocks = (n + 8 * kElementThreads - 1) / (8 * kElementThreads);
  element_kernel<<<static_cast<unsigned>(blocks), kElementThreads, 0, work_queue(ctx)>>>(op, n, aligned(operands));
  launched(name);
}

// out[k] = the block's sum of every thread's sums[k], in a fixed order. By all threads of a block of kElementThreads.
template <int kSums>
__device__ void write_block_sums(const float (&sums)[kSums], float* out) {
  __shared__ float shared[kSums][kElementThreads / kWarp];
  for (int k = 0; k < kSums; ++k) {
    const float sum = warp_sum(sums[k]);
    if (threadIdx.x % kWarp == 0) shared[k][threadIdx.x / kWarp] = sum;
  }
  __syncthreads();
  if (threadIdx.x >= kSums) return;
  float total = 0;
  for (int warp = 0; warp < kElementThreads / kWarp; ++warp) total += shared[threadIdx.x][warp];
  out[threadIdx.x] = total;
}

// op.template add<kVec>(i, sums) adds what elements i .. i + kVec - 1 contribute, and may write them too.
template <int kSums, class Op>
__global__ void __launch_bounds__(kElementThreads) sum_kernel(Op op, int64_t n, bool vectors, float* partial) {
  float sums[kSums] = {};
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kElementThreads * 8;
  for (int64_t i = (static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x) * 8; i < n; i += stride) {
    if (vectors && i + 8 <= n) {
      op.template add<8>(i, sums);
    } else {
      for (int64_t j = i; j < min(i + 8, n); ++j) op.template add<1>(j, sums);
    }
  }
  write_block_sums(sums, partial + static_cast<int64_t>(blockIdx.x) * kSums);
}

// target [kSums] (+)= the sums over all elements.
template <int kSums, class Op>
void sum_elements(Context& ctx, const char* name, int64_t n, std::initializer_list<const void*> operands, Op op,
                  const GradTarget& target) {
  const ArenaScope scope(ctx.scratch());
  const int64_t blocks = std::clamp<int64_t>(n / (8 * kElementThreads), 1, 512);
  const Tensor partial = ctx.scratch().alloc({blocks, kSums}, DType::f32);
  sum_kernel<kSums><<<static_cast<unsigned>(blocks), kElementThreads, 0, work_queue(ctx)>>>(op, n, aligned(operands),
                                                                                            pointer<float>(partial));
  launched(name);
  sum_columns(ctx, partial, target);
}

#endif  // __CUDACC__

}  // namespace pgolf
