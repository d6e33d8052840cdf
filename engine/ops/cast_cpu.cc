#include "engine/core/backend.h"
#include "engine/ops/cast.h"
#include "engine/ops/cpu_rows.h"

namespace pgolf {

// The CPU backend knows float32 alone.
template <>
void CastKernel<Cpu>::run(Context&, const Tensor& from, const GradTarget& to) {
  const int64_t D = to.tensor.cols();
  const Rows rows(to.tensor);
  for (int64_t row = 0; row < to.tensor.rows(); ++row) {
    const float* x = from.as<float>() + row * D;
    float* y = rows[row];
    for (int64_t j = 0; j < D; ++j) y[j] = to.add ? y[j] + x[j] : x[j];
  }
}

}  // namespace pgolf
