#include "engine/core/backend.h"
#include "engine/ops/activation.h"
#include "engine/ops/cpu_rows.h"

namespace pgolf {

template <>
void LeakyReluSquaredKernel<Cpu>::forward(Context&, const Tensor& h, float slope, const Tensor& a) {
  for_elements(h.numel(), [slope, h = h.as<float>(), a = a.as<float>()](int64_t i) {
    a[i] = h[i] * h[i] * (h[i] > 0 ? 1.0F : slope * slope);
  });
}

template <>
void LeakyReluSquaredKernel<Cpu>::backward(Context& ctx, const Tensor& da, const Tensor& h, float slope, GradTarget dh,
                                           const Tensor& a) {
  if (dh.wanted())
    for_elements(h.numel(),
                 [=, add = dh.add, g = da.as<float>(), h = h.as<float>(), out = dh.tensor.as<float>()](int64_t i) {
                   contribute(out[i], g[i] * 2.0F * h[i] * (h[i] > 0 ? 1.0F : slope * slope), add);
                 });
  if (a.defined()) forward(ctx, h, slope, a);
}

}  // namespace pgolf
