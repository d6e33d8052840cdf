#include <cmath>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/rms_norm.h"

namespace pgolf {

template <>
void RmsNormKernel<Cpu>::forward(Context&, const Tensor& x, const Tensor& n, const Tensor& rstd, float scale) {
  const int64_t D = x.cols();
  for_rows(x.rows(), [&, x = x.as<float>(), n = n.as<float>(), rstd = rstd.as<float>()](int64_t row) {
    const float* in = x + row * D;
    float squares = 0;
#pragma omp simd reduction(+ : squares)
    for (int64_t j = 0; j < D; ++j) squares += in[j] * in[j];
    rstd[row] = 1.0F / std::sqrt(squares / static_cast<float>(D) + kRmsNormEps);
    for (int64_t j = 0; j < D; ++j) n[row * D + j] = in[j] * rstd[row] * scale;
  });
}

template <>
void RmsNormKernel<Cpu>::backward(Context&, const Tensor& dn, const Tensor& x, const Tensor& rstd, float scale,
                                  GradTarget dx) {
  const int64_t D = x.cols();
  for_rows(x.rows(), [&, dn = dn.as<float>(), x = x.as<float>(), rstd = rstd.as<float>(),
                      out = dx.tensor.as<float>()](int64_t row) {
    const float *g = dn + row * D, *in = x + row * D;
    const float r = rstd[row];
    float dot = 0;
#pragma omp simd reduction(+ : dot)
    for (int64_t j = 0; j < D; ++j) dot += g[j] * in[j];
    const float mean = dot * r * r / static_cast<float>(D);  // mean(dn x̂) · rstd
    for (int64_t j = 0; j < D; ++j) contribute(out[row * D + j], scale * r * (g[j] - in[j] * mean), dx.add);
  });
}

}  // namespace pgolf
