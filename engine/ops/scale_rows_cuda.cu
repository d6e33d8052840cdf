#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/scale_rows.h"

namespace pgolf {
namespace {

template <class T>
struct Forward {
  const T* w;
  const float* gain;
  T* y;
  int width;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(w + i, v);
    for (int j = 0; j < kVec; ++j) v[j] *= gain[(i + j) / width];
    store(y + i, v);
  }
};

// A block to a row. dw and dgain may be null.
template <class T, class G>
__global__ void __launch_bounds__(kElementThreads)
    backward_kernel(const float* dy, const T* w, const float* gain, int width, G* dw, bool add_w, float* dgain,
                    bool add_gain) {
  const int64_t first = static_cast<int64_t>(blockIdx.x) * width;
  float sum[1] = {0}, total = 0;
  for (int64_t at = first + threadIdx.x; at < first + width; at += kElementThreads) {
    float up[1] = {dy[at]};
    sum[0] += up[0] * to_float(w[at]);
    up[0] *= gain[blockIdx.x];
    if (dw != nullptr) contribute(dw + at, up, add_w);
  }
  write_block_sums(sum, &total);  // of thread 0
  if (threadIdx.x == 0 && dgain != nullptr) dgain[blockIdx.x] = add_gain ? dgain[blockIdx.x] + total : total;
}

}  // namespace

template <>
void ScaleRowsKernel<Cuda>::forward(Context& ctx, const Tensor& weight, const Tensor& gain, const Tensor& y) {
  with_type(y.dtype, [&](auto t) {
    using T = decltype(t);
    for_elements(ctx, "scale_rows", y.numel(), {weight.data, y.data},
                 Forward<T>{pointer<T>(weight), pointer<float>(gain), pointer<T>(y), static_cast<int>(weight.cols())});
  });
}

template <>
void ScaleRowsKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& weight, const Tensor& gain,
                                     GradTarget dweight, GradTarget dgain) {
  with_type(weight.dtype, [&](auto t) {
    with_type(dweight.wanted() ? dweight.tensor.dtype : DType::f32, [&](auto g) {
      using T = decltype(t);
      using G = decltype(g);
      backward_kernel<T, G><<<static_cast<unsigned>(weight.rows()), kElementThreads, 0, work_queue(ctx)>>>(
          pointer<float>(dy), pointer<T>(weight), pointer<float>(gain), static_cast<int>(weight.cols()),
          pointer<G>(dweight.tensor), dweight.add, pointer<float>(dgain.tensor), dgain.add);
    });
  });
  launched("scale_rows");
}

}  // namespace pgolf
