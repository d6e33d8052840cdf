#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/take_rows.h"

namespace pgolf {
namespace {

template <class T>
struct Take {
  const T* x;
  const int32_t* rows;
  T* y;
  int64_t width;
  template <int kVec>
  __device__ void run(int64_t first) const {
    for (int64_t i = first; i < first + kVec; ++i) y[i] = x[rows[i / width] * width + i % width];
  }
};

}  // namespace

template <>
void TakeRowsKernel<Cuda>::run(Context& ctx, const Tensor& x, const Tensor& rows, const Tensor& y) {
  with_type(x.dtype, [&](auto t) {
    using T = decltype(t);
    for_elements(ctx, "take_rows", y.numel(), {y.data},
                 Take<T>{pointer<T>(x), rows.as<int32_t>(), pointer<T>(y), x.cols()});
  });
}

}  // namespace pgolf
