#include "engine/ops/cuda_heads.cuh"
#include "engine/ops/xsa.h"

namespace pgolf {
namespace {

// A position's group: its value, and R heads of y that lie one after the other.
struct Groups {
  int64_t count;
  int G, R, d, lanes;
  int64_t stride;  // from one position's values to the next
  Groups(const Tensor& y, const Tensor& v, int lanes)
      : count(v.rows()),
        G(static_cast<int>(v.shape[2])),
        R(static_cast<int>(y.shape[2] / v.shape[2])),
        d(static_cast<int>(v.cols())),
        lanes(lanes),
        stride(v.row_stride(v.shape[2] * v.shape[3])) {}
  __device__ int64_t value(int64_t group) const { return group / G * stride + group % G * d; }
};

template <class Layout>
__device__ float inverse_norm(const Head<Layout>& v, const HeadPlace& place) {
  return 1.0F / fmaxf(sqrtf(v.dot(v, place)), kXsaMinNorm);
}

template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads) forward_kernel(const T* y, const T* v, T* z, Groups groups) {
  const HeadPlace place(groups.count, groups.lanes, groups.d);
  Head<Layout> value;
  value.load_head(v + groups.value(place.index), place);
  const float inverse = inverse_norm(value, place);
  const int64_t first = place.index * groups.R * groups.d;
#pragma unroll 2
  for (int r = 0; r < groups.R; ++r) {
    const int64_t at = first + r * groups.d;
    Head<Layout> head;
    head.load_head(y + at, place);
    const float along = head.dot(value, place) * inverse * inverse;
    if (!place.valid) continue;
    head.each(place, [&](int i, int j) {
      for (int k = 0; k < Layout::kVec; ++k) head.v[i][k] -= along * value.v[i][k];
      store(z + at + j, head.v[i]);
    });
  }
}

template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    backward_kernel(const T* dz, const T* y, const T* v, T* dy, bool add_y, T* dv, bool add_v, Groups groups) {
  const HeadPlace place(groups.count, groups.lanes, groups.d);
  Head<Layout> value, e;
  value.load_head(v + groups.value(place.index), place);
  const float inverse = inverse_norm(value, place);
  const int64_t first = place.index * groups.R * groups.d;
#pragma unroll 2
  for (int r = 0; r < groups.R; ++r) {
    const int64_t at = first + r * groups.d;
    Head<Layout> up, head;
    up.load_head(dz + at, place);
    head.load_head(y + at, place);
    const float up_along = up.dot(value, place) * inverse, y_along = head.dot(value, place) * inverse;
    Head<Layout>::each(place, [&](int i, int j) {
      for (int k = 0; k < Layout::kVec; ++k) {
        e.v[i][k] -= y_along * up.v[i][k] + up_along * head.v[i][k];
        up.v[i][k] -= up_along * inverse * value.v[i][k];
      }
      if (dy != nullptr && place.valid) contribute(dy + at + j, up.v[i], add_y);
    });
  }
  if (dv == nullptr) return;
  const bool unit = inverse < 1.0F / kXsaMinNorm;  // else v was divided by a constant
  const float product = e.dot(value, place), along = unit ? product * inverse * inverse : 0.0F;
  if (!place.valid) return;
  Head<Layout>::each(place, [&](int i, int j) {
    for (int k = 0; k < Layout::kVec; ++k) e.v[i][k] = (e.v[i][k] - along * value.v[i][k]) * inverse;
    contribute(dv + groups.value(place.index) + j, e.v[i], add_v);
  });
}

}  // namespace

template <>
void XsaKernel<Cuda>::forward(Context& ctx, const Tensor& y, const Tensor& v, const Tensor& z) {
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(v.cols(), [&](auto layout, int lanes) {
      forward_kernel<decltype(layout)><<<head_blocks(v.rows(), lanes), kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(y), first<T>(v), pointer<T>(z), Groups(y, v, lanes));
    });
  });
  launched("xsa");
}

template <>
void XsaKernel<Cuda>::backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& v, GradTarget dy,
                               GradTarget dv) {
  check(!dv.wanted() || dv.tensor.pitch == v.pitch, "xsa: dv lies otherwise than v");
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(v.cols(), [&](auto layout, int lanes) {
      backward_kernel<decltype(layout)><<<head_blocks(v.rows(), lanes), kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dz), pointer<T>(y), first<T>(v), pointer<T>(dy.tensor), dy.add, first<T>(dv.tensor), dv.add,
          Groups(y, v, lanes));
    });
  });
  launched("xsa");
}

}  // namespace pgolf
