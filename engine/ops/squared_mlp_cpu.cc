#include "engine/core/backend.h"
#include "engine/ops/squared_mlp.h"

namespace pgolf {

// The CPU computes by the definition alone.
template <>
bool SquaredProduct<Cpu>::takes(Context&, const Tensor&, const Tensor&) {
  return false;
}
template <>
void SquaredProduct<Cpu>::forward(Context&, const Tensor&, const Tensor&, float, const Tensor&, const Tensor&) {}
template <>
void SquaredProduct<Cpu>::backward(Context&, const Tensor&, const Tensor&, float, const Tensor&, const Tensor&,
                                   const Tensor&) {}

}  // namespace pgolf
