#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/smear.h"

namespace pgolf {
namespace {

constexpr int kBlocks = 2;  // of a multiprocessor

template <int kVec>
__device__ void load_gate(const float* gate, int column, float (&g)[kVec]) {
  load(gate + column, g);
  for (float& v : g) v = sigmoid(v);
}

// The row `offset` positions away, zero outside the sequence.
template <class Layout, class T>
__device__ void load_neighbour(const T* x, int64_t row, int offset, int64_t seq_len, int width, Row<Layout>& out) {
  const int64_t t = row % seq_len + offset;
  if (t >= 0 && t < seq_len) {
    out.load_row(x + (row + offset) * width, width);
  } else {
    out.clear();
  }
}

template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    forward_kernel(const T* x, const float* gate, T* y, int64_t seq_len, int64_t rows, int width) {
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout> now, before;
    now.load_row(x + row * width, width);
    load_neighbour(x, row, -1, seq_len, width, before);
    Row<Layout>::each(width, [&](int i, int column) {
      float g[Layout::kVec];
      load_gate(gate, column, g);
      for (int j = 0; j < Layout::kVec; ++j) g[j] = (1.0F - g[j]) * now.v[i][j] + g[j] * before.v[i][j];
      store(y + row * width + column, g);
    });
  }
}

// partial [blocks, D]: sums of dy_t ⊙ (x_{t-1} - x_t) g (1 - g); null if not wanted.
template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    backward_kernel(const T* dy, const T* x, const float* gate, T* dx, bool add, float* partial, int64_t seq_len,
                    int64_t rows, int width) {
  __shared__ float shared[kMaxWidth];
  Row<Layout> sum;
  sum.clear();
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout> up, up_after, now, before;
    up.load_row(dy + row * width, width);
    load_neighbour(dy, row, 1, seq_len, width, up_after);
    if (partial != nullptr) {
      now.load_row(x + row * width, width);
      load_neighbour(x, row, -1, seq_len, width, before);
    }
    Row<Layout>::each(width, [&](int i, int column) {
      float g[Layout::kVec], value[Layout::kVec];
      load_gate(gate, column, g);
      for (int j = 0; j < Layout::kVec; ++j) {
        value[j] = (1.0F - g[j]) * up.v[i][j] + g[j] * up_after.v[i][j];
        if (partial != nullptr) sum.v[i][j] += g[j] * (1.0F - g[j]) * up.v[i][j] * (before.v[i][j] - now.v[i][j]);
      }
      if (dx != nullptr) contribute(dx + row * width + column, value, add);
    });
  }
  if (partial != nullptr) block_sum(sum, shared, partial + static_cast<int64_t>(blockIdx.x) * width, width);
}

// The gate of a position, in every lane: 0 where nothing is added.
template <class T>
__device__ float window_gate(const T* x, const int32_t* ids, const float* weight, int window, int64_t bos_id,
                             int64_t seq_len, int64_t row, int width) {
  if (row % seq_len == 0 || ids[row] == bos_id) return 0;
  float logit = 0;
  for (int j = threadIdx.x % kWarp; j < window; j += kWarp) logit += weight[j] * to_float(x[row * width + j]);
  return sigmoid(warp_sum(logit));
}

template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    windowed_forward(const T* x, const int32_t* ids, const float* weight, int window, const float* lambda,
                     int64_t bos_id, T* y, float* gates, int64_t seq_len, int64_t rows, int width) {
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    const float gate = window_gate(x, ids, weight, window, bos_id, seq_len, row, width), factor = *lambda * gate;
    if (threadIdx.x % kWarp == 0) gates[row] = gate;
    Row<Layout>::each(width, [&](int, int column) {
      float now[Layout::kVec], before[Layout::kVec];
      load(x + row * width + column, now);
      if (gate != 0) {
        load(x + (row - 1) * width + column, before);
        for (int j = 0; j < Layout::kVec; ++j) now[j] += factor * before[j];
      }
      store(y + row * width + column, now);
    });
  }
}

// dots[row] = e = (dy_t · x_{t-1}) s_t, and dlogits[row] = lambda e (1 - s_t).
template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    windowed_dots(const T* dy, const T* x, const float* lambda, const float* gates, float* dots, float* dlogits,
                  int64_t rows, int width) {
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    const float gate = gates[row];
    float e = 0;
    if (gate != 0) {
      Row<Layout> up, before;
      up.load_row(dy + row * width, width);
      before.load_row(x + (row - 1) * width, width);
      e = dot(up, before) * gate;
    }
    if (threadIdx.x % kWarp == 0) dots[row] = e, dlogits[row] = *lambda * e * (1.0F - gate);
  }
}

template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads)
    windowed_backward(const T* dy, const float* weight, int window, const float* lambda, const float* gates,
                      const float* dlogits, T* dx, bool add, int64_t seq_len, int64_t rows, int width) {
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    const float next = row % seq_len == seq_len - 1 ? 0.0F : *lambda * gates[row + 1], dlogit = dlogits[row];
    Row<Layout>::each(width, [&](int, int column) {
      float now[Layout::kVec], after[Layout::kVec];
      load(dy + row * width + column, now);
      if (next != 0) {
        load(dy + (row + 1) * width + column, after);
        for (int j = 0; j < Layout::kVec; ++j) now[j] += next * after[j];
      }
      for (int j = 0; j < Layout::kVec; ++j)
        if (column + j < window) now[j] += dlogit * weight[column + j];
      contribute(dx + row * width + column, now, add);
    });
  }
}

}  // namespace

template <>
void SmearFixedKernel<Cuda>::forward(Context& ctx, const Tensor& x, const Tensor& gate, const Tensor& y) {
  with_type(x.dtype, [&](auto t) {
    using T = decltype(t);
    with_row_layout(x.cols(), [&](auto layout) {
      forward_kernel<decltype(layout), T><<<row_blocks(ctx, x.rows(), kBlocks), kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(x), pointer<float>(gate), pointer<T>(y), x.shape[1], x.rows(), static_cast<int>(x.cols()));
    });
  });
  launched("smear_fixed");
}

template <>
void SmearFixedKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& gate,
                                      GradTarget dx, GradTarget dgate) {
  const ArenaScope scope(ctx.scratch());
  const int blocks = row_blocks(ctx, x.rows(), kBlocks);
  const Tensor partial = dgate.wanted() ? ctx.scratch().alloc({blocks, x.cols()}, DType::f32) : Tensor{};
  with_type(x.dtype, [&](auto t) {
    using T = decltype(t);
    with_row_layout(x.cols(), [&](auto layout) {
      backward_kernel<decltype(layout), T><<<blocks, kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dy), pointer<T>(x), pointer<float>(gate), pointer<T>(dx.tensor), dx.add, pointer<float>(partial),
          x.shape[1], x.rows(), static_cast<int>(x.cols()));
    });
  });
  launched("smear_fixed");
  sum_columns(ctx, partial, dgate);
}

template <>
void SmearWindowedKernel<Cuda>::forward(Context& ctx, const Tensor& x, const Tensor& ids, const Tensor& weight,
                                        const Tensor& lambda, int64_t bos_id, const Tensor& y, const Tensor& sigmoid) {
  with_type(x.dtype, [&](auto t) {
    using T = decltype(t);
    with_row_layout(x.cols(), [&](auto layout) {
      windowed_forward<decltype(layout), T><<<row_blocks(ctx, x.rows(), kBlocks), kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(x), ids.as<int32_t>(), pointer<float>(weight), static_cast<int>(weight.cols()),
          pointer<float>(lambda), bos_id, pointer<T>(y), pointer<float>(sigmoid), x.shape[1], x.rows(),
          static_cast<int>(x.cols()));
    });
  });
  launched("smear_windowed");
}

template <>
void SmearWindowedKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& weight,
                                         const Tensor& lambda, const Tensor& sigmoid, GradTarget dx, GradTarget dweight,
                                         GradTarget dlambda) {
  const ArenaScope scope(ctx.scratch());
  const int blocks = row_blocks(ctx, x.rows(), kBlocks), width = static_cast<int>(x.cols());
  const Tensor dots = ctx.scratch().alloc({x.rows(), 1}, DType::f32);
  const Tensor dlogits = ctx.scratch().alloc({x.rows(), 1}, DType::f32);
  with_type(x.dtype, [&](auto t) {
    using T = decltype(t);
    with_row_layout(x.cols(), [&](auto layout) {
      windowed_dots<decltype(layout), T><<<blocks, kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dy), pointer<T>(x), pointer<float>(lambda), pointer<float>(sigmoid), pointer<float>(dots),
          pointer<float>(dlogits), x.rows(), width);
      if (dx.wanted())
        windowed_backward<decltype(layout), T><<<blocks, kRowThreads, 0, work_queue(ctx)>>>(
            pointer<T>(dy), pointer<float>(weight), static_cast<int>(weight.cols()), pointer<float>(lambda),
            pointer<float>(sigmoid), pointer<float>(dlogits), pointer<T>(dx.tensor), dx.add, x.shape[1], x.rows(),
            width);
    });
  });
  launched("smear_windowed");
  sum_outer_products(ctx, dlogits, x.view({x.rows(), x.cols()}), dweight);
  sum_columns(ctx, dots, dlambda);
}

}  // namespace pgolf
