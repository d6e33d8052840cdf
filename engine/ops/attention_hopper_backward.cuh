// The two kernels of attention's backward pass on Hopper. Each sum belongs to one warp and has one order.
#pragma once

#include "engine/ops/attention_hopper.cuh"

namespace pgolf::hopper {

struct BackwardMaps {
  CUtensorMap dy, q, k, v;
};

// Of a query: the log-sum-exp in powers of two, for its probabilities, and dy · y, for the gradient of its scores.
struct Term {
  float log_sum, product;
};
// Terms [B, H, tiles · 64], zeros from T on.
inline Shape terms_shape(const AttentionSizes& s) { return {s.B, s.H, tiles_of(s) * kTile, 2}; }

#ifdef __CUDACC__
__device__ inline int64_t first_term(const AttentionSizes& s, int b, int head) {
  return (static_cast<int64_t>(b) * s.H + head) * ((s.T + kTile - 1) / kTile * kTile);
}
#endif

// A block to each multiprocessor, which brings an item's rows while it computes the one before. Packed rows have items
// of any length: there, as in the forward pass, the GPU hands them out to whoever is free.
inline int backward_blocks(Context& ctx, const AttentionSizes& s, const Items& items) {
  return s.starts != nullptr ? items.count : std::min(items.count, ctx.stream()->num_multiprocessors());
}

// terms, and dq if it is wanted.
void queries_backward(Context& ctx, const AttentionSizes& s, const BackwardMaps& maps, const Tensor& y,
                      const Tensor& lse, const Tensor& terms, GradTarget dq);
// dk and dv, of which either may be unwanted.
void keys_backward(Context& ctx, const AttentionSizes& s, const BackwardMaps& maps, const Tensor& terms, GradTarget dk,
                   GradTarget dv);

}  // namespace pgolf::hopper
