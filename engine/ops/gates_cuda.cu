#include "engine/ops/cuda_heads.cuh"
#include "engine/ops/gates.h"
#include "engine/ops/gates_wide.cuh"

namespace pgolf {
namespace {

// Of gate_heads.
struct HeadSizes {
  int64_t rows;  // B · T
  int H, d;      // heads, and elements of one
  int D, W;      // columns of s, and those that the gate reads

  HeadSizes(const Tensor& y, const Tensor& s, const Tensor& weight)
      : rows(s.rows()),
        H(static_cast<int>(y.shape[2])),
        d(static_cast<int>(y.shape[3])),
        D(static_cast<int>(s.cols())),
        W(static_cast<int>(weight.cols())) {
    check(H <= kWarp, "gate_heads: {} heads, more than {}", H, kWarp);  // a lane to a head
  }
};

// A warp to a position.
template <class T, class S>
__global__ void __launch_bounds__(kRowThreads) gate_forward(HeadSizes n, const T* y, const S* s, const float* weight,
                                                            const float* bias, HeadGate form, T* z, float* gates) {
  const int64_t row = warp_in_grid();
  if (row >= n.rows) return;
  const int lane = threadIdx.x % kWarp;
  for (int h = 0; h < n.H; ++h) {
    float logit = 0;
    for (int j = lane; j < n.W; j += kWarp) logit += weight[h * n.W + j] * to_float(s[row * n.D + j]);
    logit = warp_sum(logit) + (bias != nullptr ? bias[h] : 0.0F);
    const float gate = sigmoid(form.inner * logit);
    const int64_t head = row * n.H + h;
    if (lane == 0) gates[head] = gate;
    for (int j = lane; j < n.d; j += kWarp)
      z[head * n.d + j] = from_float<T>(to_float(y[head * n.d + j]) * form.outer * gate);
  }
}

// dy and ds, if wanted, and the gradient of every logit.
template <class T, class S>
__global__ void __launch_bounds__(kRowThreads)
    gate_backward(HeadSizes n, const T* dz, const T* y, const float* weight, HeadGate form, const float* gates, T* dy,
                  bool add_y, S* ds, bool add_s, float* dlogits) {
  const int64_t row = warp_in_grid();
  if (row >= n.rows) return;
  const int lane = threadIdx.x % kWarp;
  float own = 0;  // the logit's gradient of head `lane`
  for (int h = 0; h < n.H; ++h) {
    const int64_t head = row * n.H + h;
    const float gate = gates[head];
    float product = 0;
    for (int j = lane; j < n.d; j += kWarp) {
      const float up = to_float(dz[head * n.d + j]);
      product += up * to_float(y[head * n.d + j]);
      float value[1] = {up * form.outer * gate};
      if (dy != nullptr) contribute(dy + head * n.d + j, value, add_y);
    }
    product = warp_sum(product) * form.outer * form.inner * gate * (1.0F - gate);
    if (lane == h) own = product;
  }
  if (lane < n.H) dlogits[row * n.H + lane] = own;
  if (ds == nullptr) return;
  __syncwarp();  // s may be y: what this warp wrote to dy is read again
  for (int first = 0; first < n.D; first += kWarp) {
    const int j = first + lane;
    float value[1] = {0};
    for (int h = 0; h < n.H; ++h) {
      const float dlogit = __shfl_sync(0xffffffffU, own, h);
      if (j < n.W) value[0] += dlogit * weight[h * n.W + j];
    }
    if (j < n.D) contribute(ds + row * n.D + j, value, add_s);
  }
}

// z = gain · y; backward, dz -> dy and the head's dot product.
template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    scale_kernel(const T* from, const float* gain, T* to, bool add, const T* y, float* dots, int64_t count, int heads,
                 int d, int lanes) {
  const HeadPlace place(count, lanes, d);
  Head<Layout> head, other;
  head.load_head(from + place.index * d, place);
  if (dots != nullptr) {
    other.load_head(y + place.index * d, place);
    const float product = head.dot(other, place);
    if (place.valid && place.lane == 0) dots[place.index] = product;
  }
  if (!place.valid || to == nullptr) return;
  const float factor = gain[place.index % heads];
  head.each(place, [&](int i, int j) {
    for (float& value : head.v[i]) value *= factor;
    contribute(to + place.index * d + j, head.v[i], add);
  });
}

// A warp to a position.
template <class T>
__global__ void __launch_bounds__(kRowThreads)
    block_forward(const T* u, const T* x, const float* weight, const float* bias, T* y, float* gates, int64_t rows,
                  int D) {
  const int64_t row = warp_in_grid();
  if (row >= rows) return;
  float logit = 0;
  for (int j = threadIdx.x % kWarp; j < D; j += kWarp) logit += weight[j] * to_float(u[row * D + j]);
  const float gate = sigmoid(warp_sum(logit) + *bias);
  if (threadIdx.x % kWarp == 0) gates[row] = gate;
  for (int64_t j = row * D + threadIdx.x % kWarp; j < (row + 1) * D; j += kWarp)
    y[j] = from_float<T>(to_float(u[j]) + gate * (to_float(x[j]) - to_float(u[j])));
}

template <class T>
__global__ void __launch_bounds__(kRowThreads)
    block_backward(const T* dy, const T* u, const T* x, const float* gates, T* du, bool add_u, T* dx, bool add_x,
                   float* dlogits, int64_t rows, int D) {
  const int64_t row = warp_in_grid();
  if (row >= rows) return;
  const float gate = gates[row];
  float through_gate = 0;
  for (int64_t j = row * D + threadIdx.x % kWarp; j < (row + 1) * D; j += kWarp) {
    const float up = to_float(dy[j]);
    through_gate += up * (to_float(x[j]) - to_float(u[j]));
    float to_u[1] = {(1.0F - gate) * up}, to_x[1] = {gate * up};
    if (du != nullptr) contribute(du + j, to_u, add_u);
    if (dx != nullptr) contribute(dx + j, to_x, add_x);
  }
  through_gate = warp_sum(through_gate);
  if (threadIdx.x % kWarp == 0) dlogits[row] = through_gate * gate * (1.0F - gate);
}

unsigned blocks_for(int64_t warps) { return static_cast<unsigned>((warps * kWarp + kRowThreads - 1) / kRowThreads); }

}  // namespace

template <>
void GateHeadsKernel<Cuda>::forward(Context& ctx, const Tensor& y, const Tensor& s, const Tensor& weight,
                                    const Tensor& bias, HeadGate form, const Tensor& z, const Tensor& sigmoid) {
  const HeadSizes n(y, s, weight);
  with_type(y.dtype, [&](auto t) {
    with_type(s.dtype, [&](auto u) {
      using T = decltype(t);
      if (wide_gates::takes(n.H, n.d, n.D, n.W)) {
        wide_gates::forward_kernel<<<blocks_for((n.rows + wide_gates::kRows - 1) / wide_gates::kRows), kRowThreads, 0,
                                     work_queue(ctx)>>>(pointer<T>(y), pointer<decltype(u)>(s), pointer<float>(weight),
                                                        n.W, pointer<float>(bias), form, pointer<T>(z),
                                                        pointer<float>(sigmoid), n.rows);
        return;
      }
      gate_forward<<<blocks_for(n.rows), kRowThreads, 0, work_queue(ctx)>>>(
          n, pointer<T>(y), pointer<decltype(u)>(s), pointer<float>(weight), pointer<float>(bias), form, pointer<T>(z),
          pointer<float>(sigmoid));
    });
  });
  launched("gate_heads");
}

template <>
void GateHeadsKernel<Cuda>::backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& s,
                                     const Tensor& weight, HeadGate form, const Tensor& sigmoid, GradTarget dy,
                                     GradTarget ds, GradTarget dweight, GradTarget dbias) {
  const ArenaScope scope(ctx.scratch());
  const HeadSizes n(y, s, weight);
  const Tensor dlogits = ctx.scratch().alloc({n.rows, n.H}, DType::f32);
  with_type(y.dtype, [&](auto t) {
    with_type(s.dtype, [&](auto u) {
      using T = decltype(t);
      if (wide_gates::takes(n.H, n.d, n.D, n.W)) {
        wide_gates::backward_kernel<<<blocks_for((n.rows + wide_gates::kRows - 1) / wide_gates::kRows), kRowThreads, 0,
                                      work_queue(ctx)>>>(
            pointer<T>(dz), pointer<T>(y), pointer<float>(weight), n.W, form, pointer<float>(sigmoid),
            pointer<T>(dy.tensor), dy.add, pointer<decltype(u)>(ds.tensor), ds.add, pointer<float>(dlogits), n.rows);
        return;
      }
      gate_backward<<<blocks_for(n.rows), kRowThreads, 0, work_queue(ctx)>>>(
          n, pointer<T>(dz), pointer<T>(y), pointer<float>(weight), form, pointer<float>(sigmoid),
          pointer<T>(dy.tensor), dy.add, pointer<decltype(u)>(ds.tensor), ds.add, pointer<float>(dlogits));
    });
  });
  launched("gate_heads");
  sum_outer_products(ctx, dlogits, s.view({n.rows, n.D}), dweight);
  sum_columns(ctx, dlogits, dbias);
}

template <>
void ScaleHeadsKernel<Cuda>::forward(Context& ctx, const Tensor& y, const Tensor& gain, const Tensor& z) {
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(y.cols(), [&](auto layout, int lanes) {
      scale_kernel<decltype(layout), T><<<head_blocks(y.rows(), lanes), kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(y), pointer<float>(gain), pointer<T>(z), false, nullptr, nullptr, y.rows(),
          static_cast<int>(y.shape[2]), static_cast<int>(y.cols()), lanes);
    });
  });
  launched("scale_heads");
}

template <>
void ScaleHeadsKernel<Cuda>::backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& gain,
                                      GradTarget dy, GradTarget dgain) {
  const ArenaScope scope(ctx.scratch());
  const int64_t H = y.shape[2];
  const Tensor dots = ctx.scratch().alloc({y.rows() / H, H}, DType::f32);
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(y.cols(), [&](auto layout, int lanes) {
      scale_kernel<decltype(layout), T><<<head_blocks(y.rows(), lanes), kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dz), pointer<float>(gain), pointer<T>(dy.tensor), dy.add, pointer<T>(y), pointer<float>(dots),
          y.rows(), static_cast<int>(H), static_cast<int>(y.cols()), lanes);
    });
  });
  launched("scale_heads");
  sum_columns(ctx, dots, 0, dgain);
}

template <>
void GateBlockKernel<Cuda>::forward(Context& ctx, const Tensor& u, const Tensor& x, const Tensor& weight,
                                    const Tensor& bias, const Tensor& y, const Tensor& sigmoid) {
  with_type(u.dtype, [&](auto type) {
    using T = decltype(type);
    block_forward<<<blocks_for(u.rows()), kRowThreads, 0, work_queue(ctx)>>>(
        pointer<T>(u), pointer<T>(x), pointer<float>(weight), pointer<float>(bias), pointer<T>(y),
        pointer<float>(sigmoid), u.rows(), static_cast<int>(u.cols()));
  });
  launched("gate_block");
}

template <>
void GateBlockKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& u, const Tensor& x,
                                     const Tensor& sigmoid, GradTarget du, GradTarget dx, GradTarget dweight,
                                     GradTarget dbias) {
  const ArenaScope scope(ctx.scratch());
  const Tensor dlogits = ctx.scratch().alloc({u.rows(), 1}, DType::f32);
  with_type(u.dtype, [&](auto type) {
    using T = decltype(type);
    block_backward<<<blocks_for(u.rows()), kRowThreads, 0, work_queue(ctx)>>>(
        pointer<T>(dy), pointer<T>(u), pointer<T>(x), pointer<float>(sigmoid), pointer<T>(du.tensor), du.add,
        pointer<T>(dx.tensor), dx.add, pointer<float>(dlogits), u.rows(), static_cast<int>(u.cols()));
  });
  launched("gate_block");
  sum_outer_products(ctx, dlogits, u.view({u.rows(), u.cols()}), dweight);
  sum_columns(ctx, dlogits, dbias);
}

}  // namespace pgolf
