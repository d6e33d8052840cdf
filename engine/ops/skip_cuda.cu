#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/skip.h"

namespace pgolf {
namespace {

constexpr int kBlocks = 2;  // of a multiprocessor

template <class T>
struct Inputs {
  const T* x;
  const float *weight, *gate;
  const T* s;
};

// Weight and sigmoid(gate) of a chunk.
template <int kVec, class T>
__device__ void load_factors(const Inputs<T>& in, int column, float (&w)[kVec], float (&g)[kVec]) {
  load(in.weight + column, w);
  load(in.gate + column, g);
  for (float& v : g) v = sigmoid(v);
}

template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads) forward_kernel(Inputs<T> in, T* y, int64_t rows, int width) {
  constexpr int kVec = Layout::kVec;
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout>::each(width, [&](int, int column) {
      const int64_t at = row * width + column;
      float x[kVec], s[kVec], w[kVec], g[kVec];
      load(in.x + at, x);
      load(in.s + at, s);
      load_factors(in, column, w, g);
      for (int j = 0; j < kVec; ++j) {
        const float skipped = w[j] * s[j];
        x[j] = skipped + g[j] * (x[j] - skipped);
      }
      store(y + at, x);
    });
  }
}

// partial [blocks, 2 D]: sums for weight, then for gate; null if neither is wanted.
template <class Layout, class T>
__global__ void __launch_bounds__(kRowThreads) backward_kernel(const T* dy, Inputs<T> in, T* dx, bool add_x, T* ds,
                                                               bool add_s, float* partial, int64_t rows, int width) {
  constexpr int kVec = Layout::kVec;
  __shared__ float shared[kMaxWidth];
  Row<Layout> sum_w, sum_g;
  sum_w.clear(), sum_g.clear();
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout>::each(width, [&](int i, int column) {
      const int64_t at = row * width + column;
      float up[kVec], x[kVec], s[kVec], w[kVec], g[kVec], value[kVec];
      load(dy + at, up);
      load_factors(in, column, w, g);
      if (partial != nullptr) {
        load(in.x + at, x);
        load(in.s + at, s);
        for (int j = 0; j < kVec; ++j) {
          sum_w.v[i][j] += (1.0F - g[j]) * s[j] * up[j];
          sum_g.v[i][j] += g[j] * (1.0F - g[j]) * (x[j] - w[j] * s[j]) * up[j];
        }
      }
      if (dx != nullptr) {
        for (int j = 0; j < kVec; ++j) value[j] = g[j] * up[j];
        contribute(dx + at, value, add_x);
      }
      if (ds != nullptr) {
        for (int j = 0; j < kVec; ++j) value[j] = (1.0F - g[j]) * w[j] * up[j];
        contribute(ds + at, value, add_s);
      }
    });
  }
  if (partial == nullptr) return;
  float* out = partial + static_cast<int64_t>(blockIdx.x) * 2 * width;
  block_sum(sum_w, shared, out, width);
  block_sum(sum_g, shared, out + width, width);
}

template <class T>
Inputs<T> inputs(const Tensor& x, const Tensor& weight, const Tensor& gate, const Tensor& s) {
  return {pointer<T>(x), pointer<float>(weight), pointer<float>(gate), pointer<T>(s)};
}

}  // namespace

template <>
void SkipGatedKernel<Cuda>::forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& gate,
                                    const Tensor& s, const Tensor& y) {
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    with_row_layout(x.cols(), [&](auto layout) {
      forward_kernel<decltype(layout), T><<<row_blocks(ctx, x.rows(), kBlocks), kRowThreads, 0, work_queue(ctx)>>>(
          inputs<T>(x, weight, gate, s), pointer<T>(y), x.rows(), static_cast<int>(x.cols()));
    });
  });
  launched("skip_gated");
}

template <>
void SkipGatedKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& weight,
                                     const Tensor& gate, const Tensor& s, GradTarget dx, GradTarget dweight,
                                     GradTarget dgate, GradTarget ds) {
  const ArenaScope scope(ctx.scratch());
  const int blocks = row_blocks(ctx, x.rows(), kBlocks);
  const int64_t D = x.cols();
  const bool sums = dweight.wanted() || dgate.wanted();
  const Tensor partial = sums ? ctx.scratch().alloc({blocks, 2 * D}, DType::f32) : Tensor{};
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    with_row_layout(D, [&](auto layout) {
      backward_kernel<decltype(layout), T><<<blocks, kRowThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dy), inputs<T>(x, weight, gate, s), pointer<T>(dx.tensor), dx.add, pointer<T>(ds.tensor), ds.add,
          pointer<float>(partial), x.rows(), static_cast<int>(D));
    });
  });
  launched("skip_gated");
  if (dweight.wanted()) sum_columns(ctx, partial, 0, dweight);
  if (dgate.wanted()) sum_columns(ctx, partial, D, dgate);
}

}  // namespace pgolf
