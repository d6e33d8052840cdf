#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/lanes.h"

namespace pgolf {
namespace {

constexpr int kBlocks = 2;      // of a multiprocessor
constexpr int kScalarSums = 6;  // resid [2], post [2, 2]

// S: the stream's type. B: a branch's.
template <class S, class B>
struct Inputs {
  const S *lane0, *lane1;
  const B *attn, *mlp;
  const float *attn_scale, *mlp_scale, *resid, *post;

  explicit Inputs(const LaneInputs& in)
      : lane0(pointer<S>(in.lane0)),
        lane1(pointer<S>(in.lane1)),
        attn(pointer<B>(in.attn)),
        mlp(pointer<B>(in.mlp)),
        attn_scale(pointer<float>(in.attn_scale)),
        mlp_scale(pointer<float>(in.mlp_scale)),
        resid(pointer<float>(in.resid)),
        post(pointer<float>(in.post)) {}
};

template <class Layout, class S, class B>
__global__ void __launch_bounds__(kRowThreads)
    update_kernel(Inputs<S, B> in, S* out0, S* out1, int64_t rows, int width) {
  constexpr int kVec = Layout::kVec;
  const float r0 = in.resid[0], r1 = in.resid[1], p0 = in.post[0], p1 = in.post[1], p2 = in.post[2], p3 = in.post[3];
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout>::each(width, [&](int, int column) {
      const int64_t at = row * width + column;
      float lane0[kVec], lane1[kVec], attn[kVec], mlp[kVec], a[kVec], m[kVec];
      load(in.lane0 + at, lane0), load(in.lane1 + at, lane1), load(in.attn + at, attn), load(in.mlp + at, mlp);
      load(in.attn_scale + column, a), load(in.mlp_scale + column, m);
      for (int j = 0; j < kVec; ++j) {
        const float A = a[j] * attn[j], M = m[j] * mlp[j];
        lane0[j] = r0 * lane0[j] + p0 * A + p2 * M;
        lane1[j] = r1 * lane1[j] + p1 * A + p3 * M;
      }
      store(out0 + at, lane0), store(out1 + at, lane1);
    });
  }
}

// Null: not wanted. lane1 may be lane0's memory, and then adds to it.
template <class S, class B>
struct Gradients {
  S *lane0, *lane1;
  B *attn, *mlp;
  bool add_lane0, add_lane1, add_attn, add_mlp;
  float* columns;  // [blocks, 2 D]: sums for attn_scale and mlp_scale
  float* scalars;  // [blocks, kScalarSums]
};

// Gradient of a branch and of its scale at a chunk; post reaches lane 0 and 1 with p0 and p1.
template <int kVec, class B>
struct BranchChunk {
  float f[kVec], scale[kVec];

  __device__ BranchChunk(const B* branch, const float* scales, int64_t at, int column) {
    load(branch + at, f);
    load(scales + column, scale);
  }
  __device__ void add_sums(const float (&d0)[kVec], const float (&d1)[kVec], float p0, float p1,
                           float (&column_sums)[kVec], float& post0, float& post1) const {
    for (int j = 0; j < kVec; ++j) {
      column_sums[j] += f[j] * (p0 * d0[j] + p1 * d1[j]);
      post0 += d0[j] * scale[j] * f[j];
      post1 += d1[j] * scale[j] * f[j];
    }
  }
  __device__ void write(const float (&d0)[kVec], const float (&d1)[kVec], float p0, float p1, B* to, bool add) const {
    float value[kVec];
    for (int j = 0; j < kVec; ++j) value[j] = scale[j] * (p0 * d0[j] + p1 * d1[j]);
    contribute(to, value, add);
  }
};

template <int kVec, class S>
__device__ void load_or_zero(const S* x, int64_t at, float (&out)[kVec]) {
  if (x != nullptr) return load(x + at, out);
  for (float& v : out) v = 0;
}

template <class Layout, class S, class B>
__global__ void __launch_bounds__(kRowThreads)
    backward_kernel(const S* dout0, const S* dout1, Inputs<S, B> in, Gradients<S, B> out, int64_t rows, int width) {
  constexpr int kVec = Layout::kVec;
  __shared__ float shared[kMaxWidth];
  Row<Layout> sum_a, sum_m;
  sum_a.clear(), sum_m.clear();
  float scalars[kScalarSums] = {};
  const float r0 = in.resid[0], r1 = in.resid[1], p0 = in.post[0], p1 = in.post[1], p2 = in.post[2], p3 = in.post[3];
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout>::each(width, [&](int i, int column) {
      const int64_t at = row * width + column;
      float d0[kVec], d1[kVec], lane0[kVec], lane1[kVec];
      load_or_zero(dout0, at, d0), load_or_zero(dout1, at, d1);
      load(in.lane0 + at, lane0), load(in.lane1 + at, lane1);
      const BranchChunk<kVec, B> attn(in.attn, in.attn_scale, at, column), mlp(in.mlp, in.mlp_scale, at, column);
      attn.add_sums(d0, d1, p0, p1, sum_a.v[i], scalars[2], scalars[3]);
      mlp.add_sums(d0, d1, p2, p3, sum_m.v[i], scalars[4], scalars[5]);
      for (int j = 0; j < kVec; ++j) {
        scalars[0] += d0[j] * lane0[j], scalars[1] += d1[j] * lane1[j];
        lane0[j] = r0 * d0[j], lane1[j] = r1 * d1[j];
      }
      if (out.lane0 != nullptr) contribute(out.lane0 + at, lane0, out.add_lane0);
      if (out.lane1 != nullptr) contribute(out.lane1 + at, lane1, out.add_lane1);
      if (out.attn != nullptr) attn.write(d0, d1, p0, p1, out.attn + at, out.add_attn);
      if (out.mlp != nullptr) mlp.write(d0, d1, p2, p3, out.mlp + at, out.add_mlp);
    });
  }
  float* columns = out.columns + static_cast<int64_t>(blockIdx.x) * 2 * width;
  block_sum(sum_a, shared, columns, width);
  block_sum(sum_m, shared, columns + width, width);
  write_block_sums(scalars, out.scalars + static_cast<int64_t>(blockIdx.x) * kScalarSums);
}

// f(type of the stream, type of a branch)
template <class F>
void with_types(const LaneInputs& in, F f) {
  with_type(in.lane0.dtype, [&](auto s) {
    if (in.attn.dtype == in.lane0.dtype) return f(s, s);
    if constexpr (std::is_same_v<decltype(s), float>) f(s, bf16{});
  });
}

template <class T>
struct Mean {
  const T *a, *b;
  T* y;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float va[kVec], vb[kVec];
    load(a + i, va), load(b + i, vb);
    for (int j = 0; j < kVec; ++j) va[j] = 0.5F * (va[j] + vb[j]);
    store(y + i, va);
  }
};

template <class T>
struct Half {
  const T* dy;
  T* d;
  bool add;
  template <int kVec>
  __device__ void run(int64_t i) const {
    float v[kVec];
    load(dy + i, v);
    for (float& x : v) x *= 0.5F;
    contribute(d + i, v, add);
  }
};

}  // namespace

template <>
void LanesKernel<Cuda>::update(Context& ctx, const LaneInputs& in, const Tensor& out0, const Tensor& out1) {
  with_types(in, [&](auto s, auto b) {
    using S = decltype(s);
    using B = decltype(b);
    with_row_layout(out0.cols(), [&](auto layout) {
      update_kernel<decltype(layout), S, B><<<row_blocks(ctx, out0.rows(), kBlocks), kRowThreads, 0, work_queue(ctx)>>>(
          Inputs<S, B>(in), pointer<S>(out0), pointer<S>(out1), out0.rows(), static_cast<int>(out0.cols()));
    });
  });
  launched("update_lanes");
}

template <>
void LanesKernel<Cuda>::update_backward(Context& ctx, const Tensor& dout0, const Tensor& dout1, const LaneInputs& in,
                                        const LaneGradients& d) {
  const ArenaScope scope(ctx.scratch());
  const int64_t rows = in.lane0.rows(), D = in.lane0.cols();
  const int blocks = row_blocks(ctx, rows, kBlocks);
  const Tensor columns = ctx.scratch().alloc({blocks, 2 * D}, DType::f32);
  const Tensor scalars = ctx.scratch().alloc({blocks, kScalarSums}, DType::f32);
  with_types(in, [&](auto s, auto b) {
    using S = decltype(s);
    using B = decltype(b);
    const Gradients<S, B> out{pointer<S>(d.lane0.tensor),
                              pointer<S>(d.lane1.tensor),
                              pointer<B>(d.attn.tensor),
                              pointer<B>(d.mlp.tensor),
                              d.lane0.add,
                              d.lane1.add,
                              d.attn.add,
                              d.mlp.add,
                              pointer<float>(columns),
                              pointer<float>(scalars)};
    with_row_layout(D, [&](auto layout) {
      backward_kernel<decltype(layout), S, B><<<blocks, kRowThreads, 0, work_queue(ctx)>>>(
          pointer<S>(dout0), pointer<S>(dout1), Inputs<S, B>(in), out, rows, static_cast<int>(D));
    });
  });
  launched("update_lanes");
  sum_columns(ctx, columns, 0, d.attn_scale);
  sum_columns(ctx, columns, D, d.mlp_scale);
  sum_columns(ctx, scalars, 0, d.resid);
  sum_columns(ctx, scalars, 2, d.post);
}

template <>
void LanesKernel<Cuda>::mean(Context& ctx, const Tensor& lane0, const Tensor& lane1, const Tensor& y) {
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    for_elements(ctx, "mean_of", y.numel(), {lane0.data, lane1.data, y.data},
                 Mean<T>{pointer<T>(lane0), pointer<T>(lane1), pointer<T>(y)});
  });
}

template <>
void LanesKernel<Cuda>::mean_backward(Context& ctx, const Tensor& dy, GradTarget dlane0, GradTarget dlane1) {
  with_type(dy.dtype, [&](auto type) {
    using T = decltype(type);
    for (const GradTarget& d : {dlane0, dlane1})
      if (d.wanted())
        for_elements(ctx, "mean_of", dy.numel(), {dy.data, d.tensor.data},
                     Half<T>{pointer<T>(dy), pointer<T>(d.tensor), d.add});
  });
}

}  // namespace pgolf
