#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/scale_rows.h"

namespace pgolf {

template <>
void ScaleRowsKernel<Cpu>::forward(Context&, const Tensor& weight, const Tensor& gain, const Tensor& y) {
  for_rows(weight.rows(),
           [K = weight.cols(), w = weight.as<float>(), g = gain.as<float>(), y = y.as<float>()](int64_t i) {
             for (int64_t j = 0; j < K; ++j) y[i * K + j] = g[i] * w[i * K + j];
           });
}

template <>
void ScaleRowsKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& weight, const Tensor& gain,
                                    GradTarget dweight, GradTarget dgain) {
  const int64_t K = weight.cols();
  const float *up = dy.as<float>(), *w = weight.as<float>(), *g = gain.as<float>();
  for_rows(weight.rows(), [&](int64_t i) {
    if (dgain.wanted()) contribute(dgain.tensor.as<float>()[i], dot(up + i * K, w + i * K, K), dgain.add);
    if (!dweight.wanted()) return;
    float* dw = dweight.tensor.as<float>() + i * K;
    for (int64_t j = 0; j < K; ++j) contribute(dw[j], g[i] * up[i * K + j], dweight.add);
  });
}

}  // namespace pgolf
