#include "engine/ops/attention_cuda.cuh"

#include <cmath>

namespace pgolf {

AttentionSizes::AttentionSizes(const Tensor& q, const Tensor& v, const Segments& segments)
    : B(static_cast<int>(q.shape[0])),
      T(static_cast<int>(q.shape[1])),
      H(static_cast<int>(q.shape[2])),
      G(static_cast<int>(v.shape[2])),
      d(static_cast<int>(q.shape[3])),
      scale(1.0F / std::sqrt(static_cast<float>(d))),
      starts(segments.packed() ? segments.starts.as<int32_t>() : nullptr),
      num_starts(segments.packed() ? static_cast<int>(segments.starts.numel()) : 0),
      value_stride(v.row_stride(v.shape[2] * v.shape[3])) {}

template <>
void AttentionKernel<Cuda>::forward(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v,
                                    const Segments& segments, const Tensor& y, const Tensor& lse) {
  const AttentionSizes sizes(q, v, segments);
  if (HopperAttention::takes(q)) return HopperAttention::forward(ctx, sizes, q, k, v, y, lse);
  if (FlashAttention::takes(q)) return FlashAttention::forward(ctx, sizes, q, k, v, y, lse);
  PlainAttention::forward(ctx, sizes, q, k, v, y, lse);
}

template <>
void AttentionKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& q, const Tensor& k, const Tensor& v,
                                     const Segments& segments, const Tensor& y, const Tensor& lse, GradTarget dq,
                                     GradTarget dk, GradTarget dv) {
  check(!dv.wanted() || dv.tensor.pitch == v.pitch, "attention: dv lies otherwise than v");
  const AttentionSizes sizes(q, v, segments);
  if (HopperAttention::takes(q)) return HopperAttention::backward(ctx, sizes, dy, q, k, v, y, lse, dq, dk, dv);
  if (FlashAttention::takes(q)) return FlashAttention::backward(ctx, sizes, dy, q, k, v, y, lse, dq, dk, dv);
  PlainAttention::backward(ctx, sizes, dy, q, k, v, y, lse, dq, dk, dv);
}

}  // namespace pgolf
