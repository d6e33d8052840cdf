#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/smear.h"

namespace pgolf {
namespace {

std::vector<float> sigmoids(const Tensor& gate) {
  std::vector<float> g(static_cast<size_t>(gate.numel()));
  for (size_t j = 0; j < g.size(); ++j) g[j] = 1.0F / (1.0F + std::exp(-gate.as<float>()[j]));
  return g;
}

}  // namespace

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
    sum_rows(x.rows(), dgate, [&](int64_t row, float* sum) {
      const float *up = pdy + row * D, *now = px + row * D, *before = now - D;
      const bool first = row % T == 0;
      for (int64_t j = 0; j < D; ++j)
        sum[j] += g[j] * (1.0F - g[j]) * up[j] * ((first ? 0.0F : before[j]) - now[j]);
    });
  }
}

}  // namespace pgolf
