#include "engine/core/backend.h"
#include "engine/ops/activation.h"
#include "engine/ops/cpu_rows.h"

namespace pgolf {
namespace {
constexpr int64_t kElementGrain = 1 << 14;
}

template <>
void LeakyReluSquaredKernel<Cpu>::forward(Context&, const Tensor& h, float slope, const Tensor& y) {
  parallel_for(h.numel(), kElementGrain, [&, h = h.as<float>(), y = y.as<float>()](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float leaky = h[i] > 0 ? h[i] : slope * h[i];
      y[i] = leaky * leaky;
    }
  });
}

template <>
void LeakyReluSquaredKernel<Cpu>::backward(Context&, const Tensor& dy, const Tensor& h, float slope, GradTarget dh) {
  if (!dh.wanted()) return;
  parallel_for(h.numel(), kElementGrain, [&, g = dy.as<float>(), h = h.as<float>(),
                                          out = dh.tensor.as<float>()](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      contribute(out[i], g[i] * 2.0F * h[i] * (h[i] > 0 ? 1.0F : slope * slope), dh.add);
  });
}

}  // namespace pgolf
