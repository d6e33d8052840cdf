#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/lora.h"

namespace pgolf {

template <>
void LoraKernel<Cpu>::scale(Context&, const Tensor& x, float factor) {
  for_elements(x.numel(), [factor, x = x.as<float>()](int64_t i) { x[i] *= factor; });
}

}  // namespace pgolf
