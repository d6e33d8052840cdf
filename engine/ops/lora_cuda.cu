#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/lora.h"

namespace pgolf {
namespace {

template <class T>
struct Scale {
  T* x;
  float factor;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(x + i, v);
    for (float& value : v) value *= factor;
    store(x + i, v);
  }
};

}  // namespace

template <>
void LoraKernel<Cuda>::scale(Context& ctx, const Tensor& x, float factor) {
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    for_elements(ctx, "scaling", x.numel(), {x.data}, Scale<T>{pointer<T>(x), factor});
  });
}

}  // namespace pgolf
