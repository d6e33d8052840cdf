// Quantiles on the GPU: a row sorted by a block in shared memory. Must agree with engine/core/quantile.h to the bit.
#pragma once

#include "engine/core/quantile.h"

namespace pgolf {

// QuantileRank as kernels read it.
struct SortedRank {
  int below, above;
  float weight;

  SortedRank() = default;
  SortedRank(double q, int64_t n) {
    const QuantileRank rank = quantile_rank(q, n);
    below = static_cast<int>(rank.below), above = static_cast<int>(rank.above), weight = rank.weight;
  }
};

// Elements that a row of `n` is filled up to with infinities, for sort_shared.
inline int padded_row(int64_t n) {
  int padded = 1;
  while (padded < n) padded *= 2;
  return padded;
}

#ifdef __CUDACC__

// Sorts `values` [padded], a power of two, in shared memory, by all threads of the block.
template <class T>
__device__ void sort_shared(T* values, int padded) {
  for (int size = 2; size <= padded; size *= 2)
    for (int stride = size / 2; stride > 0; stride /= 2) {
      __syncthreads();
      for (int i = threadIdx.x; i < padded / 2; i += blockDim.x) {
        const int low = 2 * stride * (i / stride) + i % stride, high = low + stride;
        const bool ascending = (low & size) == 0;
        if ((values[high] < values[low]) == ascending) {
          const T swapped = values[low];
          values[low] = values[high];
          values[high] = swapped;
        }
      }
    }
  __syncthreads();
}

// Between the values at rank.below and rank.above, from the nearer end.
__device__ inline float interpolate_between(float lower, float upper, const SortedRank& rank) {
  const bool near_lower = rank.weight < 0.5F;
  return fmaf(near_lower ? rank.weight : rank.weight - 1.0F, upper - lower, near_lower ? lower : upper);
}

#endif  // __CUDACC__

}  // namespace pgolf
