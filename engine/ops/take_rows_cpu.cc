#include <algorithm>

#include "engine/core/backend.h"
#include "engine/ops/cpu_rows.h"
#include "engine/ops/take_rows.h"

namespace pgolf {

template <>
void TakeRowsKernel<Cpu>::run(Context&, const Tensor& x, const Tensor& rows, const Tensor& y) {
  for_rows(rows.numel(), [D = x.cols(), x = x.as<float>(), r = rows.as<int32_t>(), y = y.as<float>()](int64_t i) {
    std::copy_n(x + r[i] * D, D, y + i * D);
  });
}

}  // namespace pgolf
