#include "engine/core/backend.h"
#include "engine/ops/cast.h"

namespace pgolf {

// The CPU backend knows float32 alone.
template <>
void CastKernel<Cpu>::run(Context&, const Tensor& from, const GradTarget& to) {
  const float* x = from.as<float>();
  float* y = to.tensor.as<float>();
  for (int64_t i = 0; i < from.numel(); ++i) y[i] = to.add ? y[i] + x[i] : x[i];
}

}  // namespace pgolf
