#include "engine/ops/residual.h"
#include "engine/ops/stream_rows.cuh"

namespace pgolf {
namespace {

// f(type of the stream, type of a branch and of the norm). A branch has the stream's type or the compute type.
template <class F>
void with_types(const Tensor& stream, const Tensor& branch, F f) {
  with_type(stream.dtype, [&](auto s) {
    if (branch.dtype == stream.dtype) return f(s, s);
    check(stream.dtype == DType::f32 && branch.dtype == DType::bf16, "residual: {} onto {}", dtype_name(branch.dtype),
          dtype_name(stream.dtype));
    if constexpr (std::is_same_v<decltype(s), float>) f(s, bf16{});
  });
}

struct Sums {
  Tensor partial;  // [blocks, width]; undefined: nobody wants them
  int blocks;
};

Sums plan_sums(Context& ctx, int64_t rows, int64_t width, bool wanted) {
  const int blocks = row_blocks(ctx, rows, kBackwardBlocks);
  return {wanted ? ctx.scratch().alloc({blocks, width}, DType::f32) : Tensor{}, blocks};
}

}  // namespace

template <>
void ResidualKernel<Cuda>::add_forward(Context& ctx, const Tensor& x, const Tensor& gain, const Tensor& f,
                                       const Tensor& y) {
  with_types(x, f, [&](auto s, auto b) {
    using S = decltype(s);
    using B = decltype(b);
    with_row_layout(x.cols(), [&](auto layout) {
      stream_forward<Source::add, decltype(layout), S, B, B>
          <<<row_blocks(ctx, x.rows(), kForwardBlocks), kRowThreads, 0, work_queue(ctx)>>>(
              {first<S>(x), pointer<B>(f), pointer<float>(gain), gain.numel() > 1, x.pitch}, pointer<S>(y), nullptr,
              nullptr, 1.0F, x.rows(), static_cast<int>(x.cols()));
    });
  });
  launched("add_scaled");
}

template <>
void ResidualKernel<Cuda>::mix_forward(Context& ctx, const Tensor& x, const Tensor& x0, const Tensor& mix,
                                       const Tensor& stream, const Tensor& norm, const Tensor& rstd, float scale) {
  with_types(x, norm, [&](auto s, auto c) {
    using S = decltype(s);
    using C = decltype(c);
    with_row_layout(x.cols(), [&](auto layout) {
      stream_forward<Source::mix, decltype(layout), S, S, C>
          <<<row_blocks(ctx, x.rows(), kForwardBlocks), kRowThreads, 0, work_queue(ctx)>>>(
              {pointer<S>(x), pointer<S>(x0), pointer<float>(mix)}, pointer<S>(stream), pointer<C>(norm),
              pointer<float>(rstd), scale, x.rows(), static_cast<int>(x.cols()));
    });
  });
  launched("mix_norm");
}

template <>
void ResidualKernel<Cuda>::add_backward(Context& ctx, const Tensor& dy, const Tensor& gain, const Tensor& f,
                                        GradTarget dgain, GradTarget df) {
  const ArenaScope scope(ctx.scratch());
  const Sums sums = plan_sums(ctx, f.rows(), f.cols(), dgain.wanted());
  with_types(dy, f, [&](auto s, auto b) {
    using S = decltype(s);
    using B = decltype(b);
    with_row_layout(f.cols(), [&](auto layout) {
      stream_backward<Source::add, decltype(layout), S, B, B><<<sums.blocks, kRowThreads, 0, work_queue(ctx)>>>(
          {pointer<S>(dy), nullptr, nullptr, nullptr, 1.0F},
          {nullptr, pointer<B>(f), pointer<float>(gain), gain.numel() > 1},
          {nullptr, false, pointer<B>(df.tensor), df.add, pointer<float>(sums.partial)}, f.rows(),
          static_cast<int>(f.cols()));
    });
  });
  launched("add_scaled");
  sum_columns(ctx, sums.partial, dgain);
}

template <>
void ResidualKernel<Cuda>::mix_backward(Context& ctx, const Upstream& up, const Tensor& x, const Tensor& x0,
                                        const Tensor& mix, GradTarget dx, GradTarget dx0, GradTarget dmix) {
  const ArenaScope scope(ctx.scratch());
  const Sums sums = plan_sums(ctx, x.rows(), 2 * x.cols(), dmix.wanted());
  with_types(x, up.dnorm.defined() ? up.dnorm : x, [&](auto s, auto c) {
    using S = decltype(s);
    using C = decltype(c);
    with_row_layout(x.cols(), [&](auto layout) {
      stream_backward<Source::mix, decltype(layout), S, S, C><<<sums.blocks, kRowThreads, 0, work_queue(ctx)>>>(
          {pointer<S>(up.dstream), pointer<C>(up.dnorm), pointer<S>(up.stream), pointer<float>(up.rstd), up.scale},
          {pointer<S>(x), pointer<S>(x0), pointer<float>(mix)},
          {pointer<S>(dx.tensor), dx.add, pointer<S>(dx0.tensor), dx0.add, pointer<float>(sums.partial)}, x.rows(),
          static_cast<int>(x.cols()));
    });
  });
  launched("mix_norm");
  sum_columns(ctx, sums.partial, dmix);
}

}  // namespace pgolf
