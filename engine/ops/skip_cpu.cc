#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/skip.h"

namespace pgolf {

template <>
void SkipGatedKernel<Cpu>::forward(Context&, const Tensor& x, const Tensor& weight, const Tensor& gate, const Tensor& s,
                                   const Tensor& y) {
  const int64_t D = x.cols();
  const std::vector<float> gates = sigmoids(gate);
  for_rows(x.rows(), [&, g = gates.data(), w = weight.as<float>(), x = x.as<float>(), s = s.as<float>(),
                      y = y.as<float>()](int64_t row) {
    for (int64_t j = 0; j < D; ++j) {
      const float skipped = w[j] * s[row * D + j];
      y[row * D + j] = skipped + g[j] * (x[row * D + j] - skipped);
    }
  });
}

template <>
void SkipGatedKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& x, const Tensor& weight,
                                    const Tensor& gate, const Tensor& s, GradTarget dx, GradTarget dweight,
                                    GradTarget dgate, GradTarget ds) {
  const int64_t D = x.cols();
  const std::vector<float> gates = sigmoids(gate);
  const float *g = gates.data(), *w = weight.as<float>(), *up = dy.as<float>(), *px = x.as<float>(),
              *ps = s.as<float>();
  if (dx.wanted()) {
    for_rows(x.rows(), [&, out = dx.tensor.as<float>()](int64_t row) {
      for (int64_t j = 0; j < D; ++j) contribute(out[row * D + j], g[j] * up[row * D + j], dx.add);
    });
  }
  if (dweight.wanted()) {
    sum_rows(x.rows(), dweight, [&](int64_t row, double* sum) {
      for (int64_t j = 0; j < D; ++j) sum[j] += (1.0F - g[j]) * ps[row * D + j] * up[row * D + j];
    });
  }
  if (dgate.wanted()) {
    sum_rows(x.rows(), dgate, [&](int64_t row, double* sum) {
      for (int64_t j = 0; j < D; ++j)
        sum[j] += g[j] * (1.0F - g[j]) * (px[row * D + j] - w[j] * ps[row * D + j]) * up[row * D + j];
    });
  }
  if (ds.wanted()) {
    for_rows(x.rows(), [&, out = ds.tensor.as<float>()](int64_t row) {
      for (int64_t j = 0; j < D; ++j) contribute(out[row * D + j], (1.0F - g[j]) * w[j] * up[row * D + j], ds.add);
    });
  }
}

}  // namespace pgolf
