#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/xsa.h"

namespace pgolf {
namespace {

constexpr int kParts = 256 / kWarp;  // elements of a head that a lane holds at most

// A head over a warp: lane l holds elements l, l + 32, ...
struct Head {
  float v[kParts] = {};
  template <class T>
  __device__ Head(const T* head, int d) {
    each(d, [&](int i, int j) { v[i] = to_float(head[j]); });
  }
  template <class Body>
  __device__ static void each(int d, Body body) {
#pragma unroll
    for (int i = 0; i < kParts; ++i) {
      const int j = i * kWarp + static_cast<int>(threadIdx.x) % kWarp;
      if (j < d) body(i, j);
    }
  }
  __device__ float dot(const Head& other) const {
    float sum = 0;
    for (int i = 0; i < kParts; ++i) sum += v[i] * other.v[i];
    return warp_sum(sum);
  }
};

__device__ float inverse_norm(const Head& v) { return 1.0F / fmaxf(sqrtf(v.dot(v)), kXsaMinNorm); }

// A warp to a position's group: its heads are rows group · R .. group · R + R - 1 of y.
template <class T>
__global__ void __launch_bounds__(kRowThreads) forward_kernel(const T* y, const T* v, T* z, int64_t groups, int R, int d) {
  const int64_t group = warp_in_grid();
  if (group >= groups) return;
  const Head value(v + group * d, d);
  const float inverse = inverse_norm(value);
  for (int64_t at = group * R * d; at < (group + 1) * R * d; at += d) {
    const Head head(y + at, d);
    const float along = head.dot(value) * inverse * inverse;
    Head::each(d, [&](int i, int j) { z[at + j] = from_float<T>(head.v[i] - along * value.v[i]); });
  }
}

template <class T>
__global__ void __launch_bounds__(kRowThreads)
    backward_kernel(const T* dz, const T* y, const T* v, T* dy, bool add_y, T* dv, bool add_v, int64_t groups, int R, int d) {
  const int64_t group = warp_in_grid();
  if (group >= groups) return;
  const Head value(v + group * d, d);
  const float inverse = inverse_norm(value);
  Head e(value);
  for (float& x : e.v) x = 0;
  for (int64_t at = group * R * d; at < (group + 1) * R * d; at += d) {
    const Head up(dz + at, d), head(y + at, d);
    const float up_along = up.dot(value) * inverse, y_along = head.dot(value) * inverse;
    Head::each(d, [&](int i, int j) {
      e.v[i] -= y_along * up.v[i] + up_along * head.v[i];
      float gradient[1] = {up.v[i] - up_along * inverse * value.v[i]};
      if (dy != nullptr) contribute(dy + at + j, gradient, add_y);
    });
  }
  if (dv == nullptr) return;
  const bool unit = inverse < 1.0F / kXsaMinNorm;  // else v was divided by a constant
  const float product = e.dot(value), along = unit ? product * inverse * inverse : 0.0F;
  Head::each(d, [&](int i, int j) {
    float gradient[1] = {(e.v[i] - along * value.v[i]) * inverse};
    contribute(dv + group * d + j, gradient, add_v);
  });
}

struct Sizes {
  int64_t groups;
  int R, d;
  explicit Sizes(const Tensor& y, const Tensor& v)
      : groups(v.rows()), R(static_cast<int>(y.shape[2] / v.shape[2])), d(static_cast<int>(v.cols())) {
    if (d > kParts * kWarp)
      fail(ErrorKind::usage, "heads of {} elements are more than the CUDA backend takes ({}); use --device cpu", d,
           kParts * kWarp);
  }
  unsigned blocks() const { return static_cast<unsigned>((groups * kWarp + kRowThreads - 1) / kRowThreads); }
};

}  // namespace

template <>
void XsaKernel<Cuda>::forward(Context& ctx, const Tensor& y, const Tensor& v, const Tensor& z) {
  const Sizes n(y, v);
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    forward_kernel<<<n.blocks(), kRowThreads, 0, work_queue(ctx)>>>(pointer<T>(y), pointer<T>(v), pointer<T>(z), n.groups,
                                                                    n.R, n.d);
  });
  launched("xsa");
}

template <>
void XsaKernel<Cuda>::backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& v, GradTarget dy,
                               GradTarget dv) {
  const Sizes n(y, v);
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    backward_kernel<<<n.blocks(), kRowThreads, 0, work_queue(ctx)>>>(pointer<T>(dz), pointer<T>(y), pointer<T>(v),
                                                                     pointer<T>(dy.tensor), dy.add, pointer<T>(dv.tensor),
                                                                     dv.add, n.groups, n.R, n.d);
  });
  launched("xsa");
}

}  // namespace pgolf
