// The kernels of the residual stream, rms_norm's included: a stream is made from one or two inputs row by row and its
// norm is taken while the row is in registers; backward is one pass too. A warp to a row.
#pragma once

#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/rms_norm.h"

namespace pgolf {

// What the stream is: x itself; x + gain ⊙ f; mix[0] ⊙ x + mix[1] ⊙ x0.
enum class Source { plain, add, mix };

// S: the stream's type. B: the type of the second input, f or x0.
template <class S, class B>
struct StreamInputs {
  const S* x;
  const B* second;
  const float* param;  // gain [D] or [1]; mix [2, D]
  bool per_column = true;
  int64_t stride = 0;  // of x, where its rows lie apart
};

// The factor of the second input (and, for mix, `which` = 0: of the first) at a chunk.
template <Source kSource, int kVec, class Inputs>
__device__ void load_factor(const Inputs& in, int which, int column, int width, float (&out)[kVec]) {
  if (kSource == Source::mix) {
    load(in.param + which * width + column, out);
  } else if (in.per_column) {
    load(in.param + column, out);
  } else {
    const float gain = in.param[0];
    for (float& v : out) v = gain;
  }
}

// n = scale · u · rstd, for a row in registers.
template <class Layout, class C>
__device__ void write_norm(const Row<Layout>& u, C* n, float* rstd, float scale, int64_t row, int width) {
  const float r = rsqrtf(dot(u, u) / static_cast<float>(width) + kRmsNormEps);
  if (threadIdx.x % kWarp == 0) rstd[row] = r;
  Row<Layout>::each(width, [&](int i, int column) {
    float out[Layout::kVec];
    for (int j = 0; j < Layout::kVec; ++j) out[j] = u.v[i][j] * r * scale;
    store(n + row * width + column, out);
  });
}

template <Source kSource, class Layout, class S, class B, class C>
__global__ void __launch_bounds__(kRowThreads)
    stream_forward(StreamInputs<S, B> in, S* stream, C* norm, float* rstd, float scale, int64_t rows, int width) {
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout> u;
    u.load_row(in.x + row * (in.stride == 0 ? width : in.stride), width);
    if constexpr (kSource != Source::plain) {
      Row<Layout> second;
      second.load_row(in.second + row * width, width);
      Row<Layout>::each(width, [&](int i, int column) {
        float a[Layout::kVec], b[Layout::kVec];
        load_factor<kSource>(in, 1, column, width, b);
        if (kSource == Source::mix) load_factor<kSource>(in, 0, column, width, a);
        for (int j = 0; j < Layout::kVec; ++j) {
          const float first = kSource == Source::mix ? a[j] * u.v[i][j] : u.v[i][j];
          u.v[i][j] = rounded<S>(first + b[j] * second.v[i][j]);
        }
        store(stream + row * width + column, u.v[i]);
      });
    }
    if (norm != nullptr) write_norm(u, norm, rstd, scale, row, width);
  }
}

// The gradient that reaches the stream: its own, and the one through its norm. Either may be null.
template <class S, class C>
struct StreamUpstream {
  const S* dstream;
  const C* dnorm;
  const S* stream;
  const float* rstd;
  float scale;
};

template <class Layout, class S, class C>
__device__ void load_upstream(const StreamUpstream<S, C>& up, int64_t row, int width, Row<Layout>& ds) {
  if (up.dstream != nullptr) {
    ds.load_row(up.dstream + row * width, width);
  } else {
    ds.clear();
  }
  if (up.dnorm == nullptr) return;
  Row<Layout> g, u;
  g.load_row(up.dnorm + row * width, width);
  u.load_row(up.stream + row * width, width);
  const float r = up.rstd[row], mean = dot(g, u) * r * r / static_cast<float>(width);
  Row<Layout>::each(width, [&](int i, int) {
    for (int j = 0; j < Layout::kVec; ++j) ds.v[i][j] += up.scale * r * (g.v[i][j] - u.v[i][j] * mean);
  });
}

// Where gradients go; null: not wanted. `second` may be the same memory as `x`, and then adds to it.
// `partial` [blocks, D], for mix [blocks, 2 D]: sums of ds ⊙ input over the rows of a block.
template <class S, class B>
struct StreamGradients {
  S* x;
  bool add_x;
  B* second;
  bool add_second;
  float* partial;
};

template <Source kSource, class Layout, class S, class B, class C>
__global__ void __launch_bounds__(kRowThreads) stream_backward(StreamUpstream<S, C> up, StreamInputs<S, B> in,
                                                               StreamGradients<S, B> out, int64_t rows, int width) {
  constexpr int kVec = Layout::kVec;
  __shared__ float shared[kMaxWidth];
  Row<Layout> sum_x, sum_second;
  sum_x.clear(), sum_second.clear();
  for (int64_t row = warp_in_grid(); row < rows; row += warps_in_grid()) {
    Row<Layout> ds;
    load_upstream(up, row, width, ds);
    Row<Layout>::each(width, [&](int i, int column) {
      const int64_t at = row * width + column;
      float a[kVec], b[kVec], value[kVec];
      if (kSource != Source::plain && out.partial != nullptr) {
        load(in.second + at, value);
        for (int j = 0; j < kVec; ++j) sum_second.v[i][j] += ds.v[i][j] * value[j];
      }
      if (kSource == Source::mix) {
        if (out.partial != nullptr) {
          load(in.x + at, value);
          for (int j = 0; j < kVec; ++j) sum_x.v[i][j] += ds.v[i][j] * value[j];
        }
        load_factor<kSource>(in, 0, column, width, a);
      }
      if (out.x != nullptr) {
        for (int j = 0; j < kVec; ++j) value[j] = kSource == Source::mix ? a[j] * ds.v[i][j] : ds.v[i][j];
        contribute(out.x + at, value, out.add_x);
      }
      if (kSource != Source::plain && out.second != nullptr) {
        load_factor<kSource>(in, 1, column, width, b);
        for (int j = 0; j < kVec; ++j) value[j] = b[j] * ds.v[i][j];
        contribute(out.second + at, value, out.add_second);
      }
    });
  }
  if (kSource == Source::plain || out.partial == nullptr) return;
  float* partial = out.partial + static_cast<int64_t>(blockIdx.x) * width * (kSource == Source::mix ? 2 : 1);
  if (kSource == Source::mix) {
    block_sum(sum_x, shared, partial, width);
    partial += width;
  }
  block_sum(sum_second, shared, partial, width);
}

inline constexpr int kForwardBlocks = 4, kBackwardBlocks = 2;  // of a multiprocessor

}  // namespace pgolf
