#include "engine/core/backend.h"
#include "engine/ops/activation.h"
#include "engine/ops/cpu_rows.h"

namespace pgolf {

template <>
void LeakyReluSquaredKernel<Cpu>::forward(Context&, const Tensor& h, float slope, const Tensor& y) {
  for_elements(h.numel(), [slope, h = h.as<float>(), y = y.as<float>()](int64_t i) {
    y[i] = h[i] * h[i] * (h[i] > 0 ? 1.0F : slope * slope);
  });
}

template <>
void LeakyReluSquaredKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& h, float slope, GradTarget dh) {
  if (!dh.wanted()) return;
  for_elements(h.numel(),
               [=, add = dh.add, g = dy.as<float>(), h = h.as<float>(), out = dh.tensor.as<float>()](int64_t i) {
                 contribute(out[i], g[i] * 2.0F * h[i] * (h[i] > 0 ? 1.0F : slope * slope), add);
               });
}

}  // namespace pgolf
