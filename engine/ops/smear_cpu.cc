#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/smear.h"

namespace pgolf {

template <>
void SmearFixedKernel<Cpu>::forward(Context&, const Tensor& x, const Tensor& gate, const Tensor& y) {
  const int64_t T = x.shape[1], D = x.cols();
  const std::vector<float> gates = sigmoids(gate);
  for_rows(x.rows(), [&, g = gates.data(), x = x.as<float>(), y = y.as<float>()](int64_t row) {
    const float *now = x + row * D, *before = now - D;
    float* out = y + row * D;
    if (row % T == 0) {
      for (int64_t j = 0; j < D; ++j) out[j] = (1.0F - g[j]) * now[j];
    } else {
      for (int64_t j = 0; j < D; ++j) out[j] = (1.0F - g[j]) * now[j] + g[j] * before[j];
    }
  });
}

template <>
void SmearFixedKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& x, const Tensor& gate, GradTarget dx,
                                     GradTarget dgate) {
  const int64_t T = x.shape[1], D = x.cols();
  const std::vector<float> gates = sigmoids(gate);
  const float *g = gates.data(), *px = x.as<float>(), *pdy = dy.as<float>();
  if (dx.wanted()) {
    for_rows(x.rows(), [&, out = dx.tensor.as<float>()](int64_t row) {
      const bool last = row % T == T - 1;
      const float *now = pdy + row * D, *after = now + D;
      for (int64_t j = 0; j < D; ++j)
        contribute(out[row * D + j], (1.0F - g[j]) * now[j] + (last ? 0.0F : g[j] * after[j]), dx.add);
    });
  }
  if (dgate.wanted()) {
    sum_rows(x.rows(), dgate, [&](int64_t row, double* sum) {
      const float *up = pdy + row * D, *now = px + row * D, *before = now - D;
      const bool first = row % T == 0;
      for (int64_t j = 0; j < D; ++j) sum[j] += g[j] * (1.0F - g[j]) * up[j] * ((first ? 0.0F : before[j]) - now[j]);
    });
  }
}

template <>
void SmearWindowedKernel<Cpu>::forward(Context&, const Tensor& x, const Tensor& ids, const Tensor& weight,
                                       const Tensor& lambda, int64_t bos_id, const Tensor& y, const Tensor& sigmoid) {
  const int64_t T = x.shape[1], D = x.cols(), W = weight.cols();
  for_rows(x.rows(), [&, x = x.as<float>(), id = ids.as<int32_t>(), w = weight.as<float>(), y = y.as<float>(),
                      s = sigmoid.as<float>(), factor = *lambda.as<float>()](int64_t row) {
    const float *now = x + row * D, *before = now - D;
    s[row] = row % T == 0 || id[row] == bos_id ? 0.0F : sigmoid_of(dot(w, now, W));
    if (s[row] == 0.0F) {
      std::copy_n(now, D, y + row * D);
    } else {
      for (int64_t j = 0; j < D; ++j) y[row * D + j] = now[j] + factor * s[row] * before[j];
    }
  });
}

template <>
void SmearWindowedKernel<Cpu>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& weight,
                                        const Tensor& lambda, const Tensor& sigmoid, GradTarget dx, GradTarget dweight,
                                        GradTarget dlambda) {
  const int64_t T = x.shape[1], D = x.cols(), W = weight.cols();
  const ArenaScope scope(ctx.scratch());
  const Tensor dgate = ctx.scratch().alloc(sigmoid.shape, DType::f32);  // e_t
  const float *px = x.as<float>(), *g = dy.as<float>(), *s = sigmoid.as<float>(), *w = weight.as<float>();
  const float factor = *lambda.as<float>();
  float* e = dgate.as<float>();
  for_rows(x.rows(),
           [&](int64_t row) { e[row] = s[row] == 0 ? 0.0F : dot(g + row * D, px + (row - 1) * D, D) * s[row]; });
  const auto dlogit = [&](int64_t row) { return factor * e[row] * (1.0F - s[row]); };
  if (dx.wanted()) {
    for_rows(x.rows(), [&, out = dx.tensor.as<float>()](int64_t row) {
      const float next = row % T == T - 1 ? 0.0F : factor * s[row + 1];
      const float *now = g + row * D, *after = next == 0 ? now : now + D;
      for (int64_t j = 0; j < D; ++j)
        contribute(out[row * D + j], now[j] + next * after[j] + (j < W ? dlogit(row) * w[j] : 0.0F), dx.add);
    });
  }
  if (dweight.wanted()) {
    sum_rows(x.rows(), dweight, [&](int64_t row, double* sum) {
      for (int64_t j = 0; j < W; ++j) sum[j] += dlogit(row) * px[row * D + j];
    });
  }
  if (dlambda.wanted()) sum_rows(x.rows(), dlambda, [&](int64_t row, double* sum) { *sum += e[row]; });
}

}  // namespace pgolf
