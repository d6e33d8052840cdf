#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/gates.h"

namespace pgolf {

template <>
void GateHeadsKernel<Cpu>::forward(Context&, const Tensor& y, const Tensor& s, const Tensor& weight, const Tensor& bias,
                                   HeadGate form, const Tensor& z, const Tensor& sigmoid) {
  const int64_t H = y.shape[2], d = y.shape[3], D = s.cols(), W = weight.cols();
  const float* b = bias.defined() ? bias.as<float>() : nullptr;
  for_rows(s.rows(), [&, y = y.as<float>(), s = s.as<float>(), w = weight.as<float>(), z = z.as<float>(),
                      sigmoid = sigmoid.as<float>()](int64_t row) {
    for (int64_t h = 0; h < H; ++h) {
      const float logit = dot(w + h * W, s + row * D, W) + (b != nullptr ? b[h] : 0.0F);
      const int64_t head = row * H + h;
      sigmoid[head] = sigmoid_of(form.inner * logit);
      for (int64_t j = head * d; j < (head + 1) * d; ++j) z[j] = y[j] * form.outer * sigmoid[head];
    }
  });
}

template <>
void GateHeadsKernel<Cpu>::backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& s,
                                    const Tensor& weight, HeadGate form, const Tensor& sigmoid, GradTarget dy,
                                    GradTarget ds, GradTarget dweight, GradTarget dbias) {
  const int64_t H = y.shape[2], d = y.shape[3], D = s.cols(), W = weight.cols();
  const ArenaScope scope(ctx.scratch());
  const Tensor dlogits = ctx.scratch().alloc(sigmoid.shape, DType::f32);
  const float *up = dz.as<float>(), *py = y.as<float>(), *ps = s.as<float>(), *w = weight.as<float>();
  const float* g = sigmoid.as<float>();
  float* dlogit = dlogits.as<float>();
  for_rows(y.rows(), [&](int64_t head) {
    dlogit[head] = form.outer * form.inner * dot(up + head * d, py + head * d, d) * g[head] * (1.0F - g[head]);
  });
  if (dy.wanted()) {
    for_rows(y.rows(), [&, out = dy.tensor.as<float>()](int64_t head) {
      for (int64_t j = head * d; j < (head + 1) * d; ++j) contribute(out[j], up[j] * form.outer * g[head], dy.add);
    });
  }
  if (ds.wanted()) {
    for_rows(s.rows(), [&, out = ds.tensor.as<float>()](int64_t row) {
      float* to = out + row * D;
      if (!ds.add) std::fill_n(to, D, 0.0F);
      for (int64_t h = 0; h < H; ++h)
        for (int64_t j = 0; j < W; ++j) to[j] += dlogit[row * H + h] * w[h * W + j];
    });
  }
  if (dweight.wanted()) {
    sum_rows(s.rows(), dweight, [&](int64_t row, double* sum) {
      for (int64_t h = 0; h < H; ++h)
        for (int64_t j = 0; j < W; ++j) sum[h * W + j] += dlogit[row * H + h] * ps[row * D + j];
    });
  }
  if (dbias.wanted()) {
    sum_rows(s.rows(), dbias, [&](int64_t row, double* sum) {
      for (int64_t h = 0; h < H; ++h) sum[h] += dlogit[row * H + h];
    });
  }
}

template <>
void ScaleHeadsKernel<Cpu>::forward(Context&, const Tensor& y, const Tensor& gain, const Tensor& z) {
  const int64_t H = y.shape[2], d = y.shape[3];
  for_rows(y.rows(), [&, y = y.as<float>(), gain = gain.as<float>(), z = z.as<float>()](int64_t head) {
    for (int64_t j = head * d; j < (head + 1) * d; ++j) z[j] = y[j] * gain[head % H];
  });
}

template <>
void ScaleHeadsKernel<Cpu>::backward(Context&, const Tensor& dz, const Tensor& y, const Tensor& gain, GradTarget dy,
                                     GradTarget dgain) {
  const int64_t H = y.shape[2], d = y.shape[3];
  const float *up = dz.as<float>(), *py = y.as<float>();
  if (dy.wanted()) {
    for_rows(y.rows(), [&, gain = gain.as<float>(), out = dy.tensor.as<float>()](int64_t head) {
      for (int64_t j = head * d; j < (head + 1) * d; ++j) contribute(out[j], up[j] * gain[head % H], dy.add);
    });
  }
  if (dgain.wanted())
    sum_rows(y.rows(), dgain,
             [&](int64_t head, double* sum) { sum[head % H] += dot(up + head * d, py + head * d, d); });
}

template <>
void GateBlockKernel<Cpu>::forward(Context&, const Tensor& u, const Tensor& x, const Tensor& weight, const Tensor& bias,
                                   const Tensor& y, const Tensor& sigmoid) {
  const int64_t D = u.cols();
  for_rows(u.rows(), [&, u = u.as<float>(), x = x.as<float>(), w = weight.as<float>(), b = bias.as<float>(),
                      y = y.as<float>(), g = sigmoid.as<float>()](int64_t row) {
    g[row] = sigmoid_of(dot(w, u + row * D, D) + *b);
    for (int64_t j = row * D; j < (row + 1) * D; ++j) y[j] = u[j] + g[row] * (x[j] - u[j]);
  });
}

template <>
void GateBlockKernel<Cpu>::backward(Context& ctx, const Tensor& dy, const Tensor& u, const Tensor& x,
                                    const Tensor& sigmoid, GradTarget du, GradTarget dx, GradTarget dweight,
                                    GradTarget dbias) {
  const int64_t D = u.cols();
  const float *up = dy.as<float>(), *pu = u.as<float>(), *px = x.as<float>(), *g = sigmoid.as<float>();
  const auto share = [&](const GradTarget& target, auto factor) {
    if (!target.wanted()) return;
    for_rows(u.rows(), [&, out = target.tensor.as<float>()](int64_t row) {
      for (int64_t j = row * D; j < (row + 1) * D; ++j) contribute(out[j], factor(row) * up[j], target.add);
    });
  };
  const auto dlogit = [&](int64_t row) {
    const float through_gate = dot(up + row * D, px + row * D, D) - dot(up + row * D, pu + row * D, D);
    return through_gate * g[row] * (1.0F - g[row]);
  };
  share(du, [&](int64_t row) { return 1.0F - g[row]; });
  share(dx, [&](int64_t row) { return g[row]; });
  if (dweight.wanted()) {
    sum_rows(u.rows(), dweight, [&](int64_t row, double* sum) {
      const float e = dlogit(row);
      for (int64_t j = 0; j < D; ++j) sum[j] += e * pu[row * D + j];
    });
  }
  if (dbias.wanted()) sum_rows(u.rows(), dbias, [&](int64_t row, double* sum) { *sum += dlogit(row); });
}

}  // namespace pgolf
