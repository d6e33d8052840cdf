#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/lanes.h"

namespace pgolf {

template <>
void LanesKernel<Cpu>::update(Context&, const LaneInputs& in, const Tensor& out0, const Tensor& out1) {
  const int64_t D = in.lane0.cols();
  const float *rho = in.resid.as<float>(), *pi = in.post.as<float>();
  const float *lane0 = in.lane0.as<float>(), *lane1 = in.lane1.as<float>(), *attn = in.attn.as<float>();
  const float *mlp = in.mlp.as<float>(), *a = in.attn_scale.as<float>(), *m = in.mlp_scale.as<float>();
  for_rows(in.lane0.rows(), [=, out0 = out0.as<float>(), out1 = out1.as<float>()](int64_t row) {
#pragma omp simd
    for (int64_t j = 0; j < D; ++j) {
      const int64_t i = row * D + j;
      const float A = a[j] * attn[i], M = m[j] * mlp[i];
      out0[i] = rho[0] * lane0[i] + pi[0] * A + pi[2] * M;
      out1[i] = rho[1] * lane1[i] + pi[1] * A + pi[3] * M;
    }
  });
}

namespace {

// d (+)= factor · dout.
void lane_gradient(const Tensor& dout, float factor, const GradTarget& d) {
  if (!d.wanted()) return;
  for_elements(dout.numel(), [&, g = dout.as<float>(), out = d.tensor.as<float>()](int64_t i) {
    contribute(out[i], factor * g[i], d.add);
  });
}

// One branch f with its scale: it reaches lane 0 with post[0] and lane 1 with post[1].
struct Branch {
  const float *dout0, *dout1, *scale, *f;
  float post0, post1;
  int64_t rows, D;

  Branch(const Tensor& d0, const Tensor& d1, const Tensor& s, const Tensor& branch, const float* p)
      : dout0(d0.as<float>()),
        dout1(d1.as<float>()),
        scale(s.as<float>()),
        f(branch.as<float>()),
        post0(p[0]),
        post1(p[1]),
        rows(branch.rows()),
        D(branch.cols()) {}

  float upstream(int64_t i) const { return post0 * dout0[i] + post1 * dout1[i]; }

  void scale_gradient(const GradTarget& d) const {
    if (!d.wanted()) return;
    sum_rows(rows, d, [=, *this](int64_t row, double* sum) {
#pragma omp simd
      for (int64_t j = 0; j < D; ++j) sum[j] += f[row * D + j] * upstream(row * D + j);
    });
  }

  void gradient(const GradTarget& d) const {
    if (!d.wanted()) return;
    for_rows(rows, [=, *this, out = d.tensor.as<float>()](int64_t row) {
#pragma omp simd
      for (int64_t j = 0; j < D; ++j) contribute(out[row * D + j], scale[j] * upstream(row * D + j), d.add);
    });
  }

  // sum[0], sum[1] += the row's dout · (scale ⊙ f).
  void add_post_gradient(int64_t row, double* sum) const {
    double along0 = 0, along1 = 0;
#pragma omp simd reduction(+ : along0, along1)
    for (int64_t j = 0; j < D; ++j) {
      const float branch = scale[j] * f[row * D + j];
      along0 += dout0[row * D + j] * branch;
      along1 += dout1[row * D + j] * branch;
    }
    sum[0] += along0;
    sum[1] += along1;
  }
};

}  // namespace

template <>
void LanesKernel<Cpu>::update_backward(Context& ctx, const Tensor& dout0, const Tensor& dout1, const LaneInputs& in,
                                       const LaneGradients& d) {
  const ArenaScope scope(ctx.scratch());
  const auto or_zero = [&](const Tensor& dout) {
    if (dout.defined()) return dout;
    const Tensor zero = ctx.scratch().alloc(in.lane0.shape, DType::f32);
    ctx.fill_zero(zero);
    return zero;
  };
  const Tensor d0 = or_zero(dout0), d1 = or_zero(dout1);
  const float *rho = in.resid.as<float>(), *pi = in.post.as<float>();
  const Branch attn{d0, d1, in.attn_scale, in.attn, pi}, mlp{d0, d1, in.mlp_scale, in.mlp, pi + 2};
  lane_gradient(d0, rho[0], d.lane0);
  lane_gradient(d1, rho[1], d.lane1);
  attn.scale_gradient(d.attn_scale);
  attn.gradient(d.attn);
  mlp.scale_gradient(d.mlp_scale);
  mlp.gradient(d.mlp);
  const int64_t D = in.lane0.cols();
  if (d.resid.wanted()) {
    sum_rows(d0.rows(), d.resid, [&](int64_t row, double* sum) {
      sum[0] += dot(d0.as<float>() + row * D, in.lane0.as<float>() + row * D, D);
      sum[1] += dot(d1.as<float>() + row * D, in.lane1.as<float>() + row * D, D);
    });
  }
  if (d.post.wanted()) {
    sum_rows(d0.rows(), d.post, [&](int64_t row, double* sum) {
      attn.add_post_gradient(row, sum);
      mlp.add_post_gradient(row, sum + 2);
    });
  }
}

template <>
void LanesKernel<Cpu>::mean(Context&, const Tensor& lane0, const Tensor& lane1, const Tensor& y) {
  for_elements(y.numel(), [a = lane0.as<float>(), b = lane1.as<float>(), y = y.as<float>()](int64_t i) {
    y[i] = 0.5F * (a[i] + b[i]);
  });
}

template <>
void LanesKernel<Cpu>::mean_backward(Context&, const Tensor& dy, GradTarget dlane0, GradTarget dlane1) {
  lane_gradient(dy, 0.5F, dlane0);
  lane_gradient(dy, 0.5F, dlane1);
}

}  // namespace pgolf
