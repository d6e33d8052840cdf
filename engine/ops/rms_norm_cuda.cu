#include "engine/ops/rms_norm.h"
#include "engine/ops/stream_rows.cuh"

namespace pgolf {
namespace {

// f(type of x, type of its norm): a norm is in its input's type or narrower.
template <class F>
void with_types(const Tensor& x, const Tensor& n, F f) {
  with_type(x.dtype, [&](auto s) {
    if (n.dtype == x.dtype) return f(s, s);
    check(x.dtype == DType::f32 && n.dtype == DType::bf16, "rms_norm: {} to {}", dtype_name(x.dtype),
          dtype_name(n.dtype));
    if constexpr (std::is_same_v<decltype(s), float>) f(s, bf16{});
  });
}

}  // namespace

template <>
void RmsNormKernel<Cuda>::forward(Context& ctx, const Tensor& x, const Tensor& n, const Tensor& rstd, float scale) {
  with_types(x, n, [&](auto s, auto c) {
    using S = decltype(s);
    using C = decltype(c);
    with_row_layout(x.cols(), [&](auto layout) {
      stream_forward<Source::plain, decltype(layout), S, S, C>
          <<<row_blocks(ctx, x.rows(), kForwardBlocks), kRowThreads, 0, work_queue(ctx)>>>(
              {pointer<S>(x), nullptr, nullptr}, nullptr, pointer<C>(n), pointer<float>(rstd), scale, x.rows(),
              static_cast<int>(x.cols()));
    });
  });
  launched("rms_norm");
}

template <>
void RmsNormKernel<Cuda>::backward(Context& ctx, const Tensor& dn, const Tensor& x, const Tensor& rstd, float scale,
                                   GradTarget dx) {
  if (!dx.wanted()) return;
  with_types(x, dn, [&](auto s, auto c) {
    using S = decltype(s);
    using C = decltype(c);
    with_row_layout(x.cols(), [&](auto layout) {
      stream_backward<Source::plain, decltype(layout), S, S, C>
          <<<row_blocks(ctx, x.rows(), kForwardBlocks), kRowThreads, 0, work_queue(ctx)>>>(
              {nullptr, pointer<C>(dn), pointer<S>(x), pointer<float>(rstd), scale}, {},
              {pointer<S>(dx.tensor), dx.add, nullptr, false, nullptr}, x.rows(), static_cast<int>(x.cols()));
    });
  });
  launched("rms_norm");
}

}  // namespace pgolf
