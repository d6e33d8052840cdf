#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/smear.h"

namespace pgolf {
namespace {

constexpr int kBlocks = 2;  // of a multiprocessor

__device__ float sigmoid(float x) { return 1.0F / (1.0F + __expf(-x)); }

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

}  // namespace pgolf
