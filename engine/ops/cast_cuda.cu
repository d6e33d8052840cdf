#include "engine/ops/cast.h"
#include "engine/ops/cuda_elements.cuh"

namespace pgolf {
namespace {

template <class From, class To>
struct Cast {
  const From* from;
  Elements<To> to;
  bool add;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(from + i, v);
    contribute(to.at(i), v, add);
  }
};

}  // namespace

template <>
void CastKernel<Cuda>::run(Context& ctx, const Tensor& from, const GradTarget& to) {
  if (!to.wanted()) return;
  with_type(from.dtype, [&](auto f) {
    with_type(to.tensor.dtype, [&](auto t) {
      using From = decltype(f);
      using To = decltype(t);
      const Elements<To> target(to.tensor);
      for_elements(ctx, "cast", from.numel(), {from.data, target.operand()},
                   Cast<From, To>{pointer<From>(from), target, to.add});
    });
  });
}

}  // namespace pgolf
