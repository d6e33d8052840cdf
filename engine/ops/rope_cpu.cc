#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"

namespace pgolf {
namespace {

// Turns the first rope.dims() dimensions of a head in place; direction -1 is the inverse, and so the gradient.
void rotate(float* head, const RopeTable& rope, int64_t t, float direction) {
  const int64_t half = rope.dims() / 2;
  for (int64_t j = 0; j < half; ++j) {
    const float cos = rope.cos.as<float>()[t * half + j], sin = direction * rope.sin.as<float>()[t * half + j];
    const float a = head[j], b = head[j + half];
    head[j] = a * cos + b * sin;
    head[j + half] = b * cos - a * sin;
  }
}

float gain_of(const Tensor& gain, int64_t head) { return gain.defined() ? gain.as<float>()[head] : 1.0F; }

}  // namespace

template <>
void NormRopeKernel<Cpu>::forward(Context&, const Tensor& x, const RopeTable& rope, const Tensor& gain, const Tensor& y,
                                  const Tensor& rstd) {
  const int64_t T = x.shape[1], H = x.shape[2], d = x.shape[3];
  for_rows(x.rows(), [&, x = Rows(x), y = y.as<float>(), rstd = rstd.as<float>()](int64_t row) {
    const float* in = x[row];
    float* out = y + row * d;
    rstd[row] = 1.0F / std::sqrt(dot(in, in, d) / static_cast<float>(d) + kRmsNormEps);
    const float factor = rstd[row] * gain_of(gain, row % H);
    for (int64_t j = 0; j < d; ++j) out[j] = in[j] * factor;
    rotate(out, rope, row / H % T, 1.0F);
  });
}

// With u = x rstd and g = R⁻¹ dy: dgain = g · u, and dx = rstd (gain g - u mean(gain g u)).
template <>
void NormRopeKernel<Cpu>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const RopeTable& rope,
                                   const Tensor& gain, const Tensor& rstd, GradTarget dx, GradTarget dgain) {
  const int64_t T = x.shape[1], H = x.shape[2], d = x.shape[3];
  const ArenaScope scope(ctx.scratch());
  const Tensor unturned = ctx.scratch().alloc(x.shape, DType::f32), dots = ctx.scratch().alloc(rstd.shape, DType::f32);
  const Rows px(x);
  const float *r = rstd.as<float>(), *pdy = dy.as<float>();
  float *g = unturned.as<float>(), *gu = dots.as<float>();
  for_rows(x.rows(), [&](int64_t row) {
    std::copy_n(pdy + row * d, d, g + row * d);
    rotate(g + row * d, rope, row / H % T, -1.0F);
    gu[row] = dot(g + row * d, px[row], d) * r[row];
  });
  if (dx.wanted()) {
    for_rows(x.rows(), [&, out = Rows(dx.tensor)](int64_t row) {
      const float factor = r[row] * gain_of(gain, row % H), mean = gu[row] * r[row] / static_cast<float>(d);
      const float *up = g + row * d, *in = px[row];
      for (int64_t j = 0; j < d; ++j) contribute(out[row][j], factor * (up[j] - in[j] * mean), dx.add);
    });
  }
  if (dgain.wanted()) sum_rows(x.rows(), dgain, [&](int64_t row, double* sum) { sum[row % H] += gu[row]; });
}

}  // namespace pgolf
