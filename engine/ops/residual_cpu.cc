#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"

namespace pgolf {
namespace {

// ds = dstream + the norm's gradient, in scratch memory.
Tensor stream_gradient(Context& ctx, const ResidualKernel<Cpu>::Upstream& up) {
  if (!up.dnorm.defined()) return up.dstream;
  const Tensor ds = ctx.scratch().alloc(up.stream.shape, DType::f32);
  if (up.dstream.defined()) ctx.copy(ds, up.dstream);
  RmsNormKernel<Cpu>::backward(ctx, up.dnorm, up.stream, up.rstd, up.scale, {ds, up.dstream.defined()});
  return ds;
}

// d (+)= factor ⊙ ds, factor [D] or [1].
void scaled_gradient(const Tensor& ds, const Tensor& factor, const GradTarget& d) {
  if (!d.wanted()) return;
  const int64_t D = ds.cols();
  const bool per_column = factor.numel() > 1;
  for_rows(ds.rows(), [&, g = ds.as<float>(), w = factor.as<float>(), out = d.tensor.as<float>()](int64_t row) {
    for (int64_t j = 0; j < D; ++j) contribute(out[row * D + j], g[row * D + j] * w[per_column ? j : 0], d.add);
  });
}

// dfactor (+)= sum over rows of ds ⊙ x.
void factor_gradient(const Tensor& ds, const Tensor& x, const GradTarget& dfactor) {
  if (!dfactor.wanted()) return;
  const int64_t D = ds.cols();
  const bool per_column = dfactor.tensor.numel() > 1;
  sum_rows(ds.rows(), dfactor, [&, g = ds.as<float>(), x = x.as<float>()](int64_t row, double* sum) {
    for (int64_t j = 0; j < D; ++j) sum[per_column ? j : 0] += g[row * D + j] * x[row * D + j];
  });
}

GradTarget row_of(const GradTarget& d, int64_t i) { return d.wanted() ? GradTarget{d.tensor[i], d.add} : GradTarget{}; }

}  // namespace

template <>
void ResidualKernel<Cpu>::add_forward(Context&, const Tensor& x, const Tensor& gain, const Tensor& f, const Tensor& y) {
  const int64_t D = x.cols();
  const bool per_column = gain.numel() > 1;
  const float *pg = gain.as<float>(), *pf = f.as<float>();
  for_rows(x.rows(), [=, px = Rows(x), py = y.as<float>()](int64_t row) {
    const float *in = px[row], *added = pf + row * D;
    for (int64_t j = 0; j < D; ++j) py[row * D + j] = in[j] + pg[per_column ? j : 0] * added[j];
  });
}

template <>
void ResidualKernel<Cpu>::mix_forward(Context& ctx, const Tensor& x, const Tensor& x0, const Tensor& mix,
                                      const Tensor& stream, const Tensor& norm, const Tensor& rstd, float scale) {
  const int64_t D = x.cols();
  const float *px = x.as<float>(), *p0 = x0.as<float>(), *m = mix.as<float>();
  for_rows(stream.rows(), [=, u = stream.as<float>()](int64_t row) {
    for (int64_t j = 0; j < D; ++j) u[row * D + j] = m[j] * px[row * D + j] + m[D + j] * p0[row * D + j];
  });
  RmsNormKernel<Cpu>::forward(ctx, stream, norm, rstd, scale);
}

template <>
void ResidualKernel<Cpu>::add_backward(Context&, const Tensor& dy, const Tensor& gain, const Tensor& f,
                                       GradTarget dgain, GradTarget df) {
  factor_gradient(dy, f, dgain);
  scaled_gradient(dy, gain, df);
}

template <>
void ResidualKernel<Cpu>::mix_backward(Context& ctx, const Upstream& up, const Tensor& x, const Tensor& x0,
                                       const Tensor& mix, GradTarget dx, GradTarget dx0, GradTarget dmix) {
  const ArenaScope scope(ctx.scratch());
  const Tensor ds = stream_gradient(ctx, up);
  scaled_gradient(ds, mix[0], dx);
  scaled_gradient(ds, mix[1], dx0);
  factor_gradient(ds, x, row_of(dmix, 0));
  factor_gradient(ds, x0, row_of(dmix, 1));
}

}  // namespace pgolf
