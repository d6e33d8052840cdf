// What the three CUDA implementations of attention share. Both are deterministic: every sum belongs to one warp and has
// one order. Backward is two kernels, one that owns the queries' gradient and one that owns the keys' and values', and
// each recomputes the probabilities.
#pragma once

#include "engine/ops/attention.h"
#include "engine/ops/cuda_rows.cuh"

namespace pgolf {

struct AttentionSizes {
  int B, T, H, G, d;
  float scale;            // 1 / sqrt(d)
  const int32_t* starts;  // of packed segments; null: rows are segments
  int num_starts;
  int64_t value_stride;  // elements from one position's values to the next

  AttentionSizes(const Tensor& q, const Tensor& v, const Segments& segments);

#ifdef __CUDACC__
  // First position that position t may attend to.
  __device__ int segment_start(int t) const { return starts == nullptr ? 0 : starts[segment_of(t)]; }
  // The position after the last that may attend to position t.
  __device__ int segment_end(int t) const { return starts == nullptr ? T : starts[segment_of(t) + 1]; }
  // Offset of position t of a head in a tensor with `heads` heads.
  __device__ int64_t at(int b, int t, int head, int heads) const {
    return ((static_cast<int64_t>(b) * T + t) * heads + head) * d;
  }
  // The same in the values and their gradient.
  __device__ int64_t value_at(int b, int t, int head) const {
    return (static_cast<int64_t>(b) * T + t) * value_stride + head * d;
  }
  __device__ int64_t row(int b, int h, int t) const { return (static_cast<int64_t>(b) * H + h) * T + t; }

 private:
  // The last i with starts[i] <= t, t < T.
  __device__ int segment_of(int t) const {
    int low = 0, high = num_starts - 1;
    while (high - low > 1) {
      const int middle = (low + high) / 2;
      (starts[middle] <= t ? low : high) = middle;
    }
    return low;
  }
#endif
};

// Any type, any head of up to 256 elements: a warp to a query, or to a key. For checks, and for shapes that have no
// matrix units' kernel.
struct PlainAttention {
  static void forward(Context& ctx, const AttentionSizes& sizes, const Tensor& q, const Tensor& k, const Tensor& v,
                      const Tensor& y, const Tensor& lse);
  static void backward(Context& ctx, const AttentionSizes& sizes, const Tensor& dy, const Tensor& q, const Tensor& k,
                       const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq, GradTarget dk,
                       GradTarget dv);
};

// bfloat16 heads of 64 on the matrix units of any GPU (mma).
struct FlashAttention {
  static bool takes(const Tensor& q) { return q.dtype == DType::bf16 && q.shape[3] == 64; }
  static void forward(Context& ctx, const AttentionSizes& sizes, const Tensor& q, const Tensor& k, const Tensor& v,
                      const Tensor& y, const Tensor& lse);
  static void backward(Context& ctx, const AttentionSizes& sizes, const Tensor& dy, const Tensor& q, const Tensor& k,
                       const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq, GradTarget dk,
                       GradTarget dv);
};

// The same with what Hopper alone has (wgmma, bulk copies).
struct HopperAttention {
  static bool takes(const Tensor& q);
  static void forward(Context& ctx, const AttentionSizes& sizes, const Tensor& q, const Tensor& k, const Tensor& v,
                      const Tensor& y, const Tensor& lse);
  static void backward(Context& ctx, const AttentionSizes& sizes, const Tensor& dy, const Tensor& q, const Tensor& k,
                       const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq, GradTarget dk,
                       GradTarget dv);
};

}  // namespace pgolf
