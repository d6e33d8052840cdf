#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"

namespace pgolf {
namespace {

constexpr int kThreads = 256;

// A head is spread over `lanes` lanes of a warp, kChunks chunks of kVec elements to each; a thread works on the same
// part of kHeads heads of one position, which turn alike.
template <int kVec_, int kChunks_, int kHeads_>
struct HeadLayout {
  static constexpr int kVec = kVec_, kChunks = kChunks_, kHeads = kHeads_;
};

struct HeadShape {
  uint32_t positions;  // B · T
  uint32_t heads, seq_len;
  int width, lanes;
  int64_t stride;  // of the input, from one position to the next
};

struct Turn {
  const float *cos, *sin;  // [T, half]
  int half;                // 0: no rotation
};

// The 16-byte path needs heads of 8 · 2^k elements and a rotation that does not split a chunk.
template <class F>
void with_head_layout(int64_t width, int64_t half, F f) {
  const int64_t lanes = width / 8;
  if (width % 8 == 0 && half % 8 == 0 && (lanes & (lanes - 1)) == 0 && lanes <= kWarp)
    return f(HeadLayout<8, 1, 4>{}, static_cast<int>(lanes));
  if (width > 256)
    fail(ErrorKind::usage, "heads of {} elements are more than the CUDA backend takes (256); use --device cpu", width);
  f(HeadLayout<1, 8, 1>{}, kWarp);
}

// One of the heads a thread works on, head `n` of its kHeads.
struct Place {
  uint32_t t, head, row;
  int lane;        // within the head
  int64_t at, in;  // the head's first element in a tensor of its own, and in the input
  bool valid;

  __device__ Place(const HeadShape& shape, int heads_per_thread, int n) {
    const uint32_t lanes = static_cast<uint32_t>(shape.lanes);
    const uint32_t position = blockIdx.x * (kThreads / lanes) + threadIdx.x / lanes;
    t = position % shape.seq_len;
    head = blockIdx.y * heads_per_thread + n;
    row = position * shape.heads + head;
    lane = static_cast<int>(threadIdx.x % lanes);
    at = static_cast<int64_t>(row) * shape.width;
    in = position * shape.stride + static_cast<int64_t>(head) * shape.width;
    valid = position < shape.positions && head < shape.heads;
  }
};

// The angles of a thread's columns at its position.
template <class Layout>
struct Angles {
  int half;
  float cos[Layout::kChunks][Layout::kVec], sin[Layout::kChunks][Layout::kVec];

  __device__ Angles(const Turn& turn, const HeadShape& shape, const Place& place) : half(turn.half) {
#pragma unroll
    for (int i = 0; i < Layout::kChunks; ++i) {
      const int column = (i * shape.lanes + place.lane) * Layout::kVec;
      if (column >= 2 * half) continue;
      const uint32_t angle = place.t * half + (column < half ? column : column - half);
      load(turn.cos + angle, cos[i]);
      load(turn.sin + angle, sin[i]);
    }
  }
};

// A thread's part of a head; elements beyond the head or the tensor are zero.
template <class Layout>
struct Part {
  static constexpr int kVec = Layout::kVec, kChunks = Layout::kChunks;
  float v[kChunks][kVec] = {};

  template <class Body>
  __device__ static void each(const HeadShape& shape, const Place& place, Body body) {
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      const int column = (i * shape.lanes + place.lane) * kVec;
      if (place.valid && column < shape.width) body(i, column);
    }
  }
  template <class T>
  __device__ void load_head(const T* head, const HeadShape& shape, const Place& place) {
    each(shape, place, [&](int i, int column) { load(head + column, v[i]); });
  }
  // Turns by direction · angle: a chunk meets its partner half a rotation away, which is read again.
  template <class T>
  __device__ void turn(const T* head, const HeadShape& shape, const Place& place, const Angles<Layout>& angles,
                       float direction) {
    each(shape, place, [&](int i, int column) {
      if (column >= 2 * angles.half) return;
      const bool low = column < angles.half;
      float partner[kVec];
      load(head + column + (low ? angles.half : -angles.half), partner);
      for (int j = 0; j < kVec; ++j)
        v[i][j] = v[i][j] * angles.cos[i][j] + (low ? direction : -direction) * partner[j] * angles.sin[i][j];
    });
  }
  __device__ float dot(const Part& other, int lanes) const {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kChunks; ++i)
      for (int j = 0; j < kVec; ++j) sum += v[i][j] * other.v[i][j];
    for (int offset = lanes / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffU, sum, offset);
    return sum;
  }
};

template <class Layout, class T>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const T* __restrict__ x, Turn turn, const float* gain, T* y, float* rstd, HeadShape shape) {
  Part<Layout> heads[Layout::kHeads];
#pragma unroll
  for (int n = 0; n < Layout::kHeads; ++n) {
    const Place place(shape, Layout::kHeads, n);
    heads[n].load_head(x + place.in, shape, place);
  }
  const Angles<Layout> angles(turn, shape, Place(shape, Layout::kHeads, 0));
#pragma unroll
  for (int n = 0; n < Layout::kHeads; ++n) {
    const Place place(shape, Layout::kHeads, n);
    const float r = rsqrtf(heads[n].dot(heads[n], shape.lanes) / static_cast<float>(shape.width) + kRmsNormEps);
    if (!place.valid) continue;
    if (place.lane == 0) rstd[place.row] = r;
    const float factor = r * (gain == nullptr ? 1.0F : gain[place.head]);
    heads[n].turn(x + place.in, shape, place, angles, 1.0F);
    heads[n].each(shape, place, [&](int i, int column) {
      for (float& value : heads[n].v[i]) value *= factor;
      store(y + place.at + column, heads[n].v[i]);
    });
  }
}

// With u = x rstd and g = R⁻¹ dy: dots[row] = g · u, the row's share of dgain, and dx = rstd (gain g - u mean(gain g
// u)).
template <class Layout, class T>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(const T* __restrict__ dy, const T* __restrict__ x, Turn turn, const float* gain,
                    const float* __restrict__ rstd, T* dx, bool add, float* dots, HeadShape shape) {
  Part<Layout> g[Layout::kHeads], u[Layout::kHeads];
#pragma unroll
  for (int n = 0; n < Layout::kHeads; ++n) {
    const Place place(shape, Layout::kHeads, n);
    g[n].load_head(dy + place.at, shape, place);
    u[n].load_head(x + place.in, shape, place);
  }
  const Angles<Layout> angles(turn, shape, Place(shape, Layout::kHeads, 0));
#pragma unroll
  for (int n = 0; n < Layout::kHeads; ++n) {
    const Place place(shape, Layout::kHeads, n);
    const float r = place.valid ? rstd[place.row] : 0;
    g[n].turn(dy + place.at, shape, place, angles, -1.0F);
    const float product = g[n].dot(u[n], shape.lanes) * r;
    if (!place.valid) continue;
    if (dots != nullptr && place.lane == 0) dots[place.row] = product;
    if (dx == nullptr) continue;
    const float factor = r * (gain == nullptr ? 1.0F : gain[place.head]);
    const float mean = product * r / static_cast<float>(shape.width);
    g[n].each(shape, place, [&](int i, int column) {
      for (int j = 0; j < Layout::kVec; ++j) g[n].v[i][j] = factor * (g[n].v[i][j] - u[n].v[i][j] * mean);
      contribute(dx + place.in + column, g[n].v[i], add);
    });
  }
}

HeadShape shape_of(const Tensor& x, int lanes) {
  check(x.rows() * lanes < int64_t{1} << 32, "norm_rope: {} is too large", x.shape);
  return {static_cast<uint32_t>(x.shape[0] * x.shape[1]),
          static_cast<uint32_t>(x.shape[2]),
          static_cast<uint32_t>(x.shape[1]),
          static_cast<int>(x.shape[3]),
          lanes,
          x.row_stride(x.shape[2] * x.shape[3])};
}

template <class Layout>
dim3 blocks_for(const HeadShape& shape, Layout) {
  const uint32_t positions = kThreads / static_cast<uint32_t>(shape.lanes);  // of a block
  return {(shape.positions + positions - 1) / positions, (shape.heads + Layout::kHeads - 1) / Layout::kHeads};
}

Turn turn_of(const RopeTable& rope) {
  return {pointer<float>(rope.cos), pointer<float>(rope.sin), static_cast<int>(rope.dims() / 2)};
}

}  // namespace

template <>
void NormRopeKernel<Cuda>::forward(Context& ctx, const Tensor& x, const RopeTable& rope, const Tensor& gain,
                                   const Tensor& y, const Tensor& rstd) {
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(x.cols(), rope.dims() / 2, [&](auto layout, int lanes) {
      const HeadShape shape = shape_of(x, lanes);
      forward_kernel<decltype(layout), T><<<blocks_for(shape, layout), kThreads, 0, work_queue(ctx)>>>(
          first<T>(x), turn_of(rope), pointer<float>(gain), pointer<T>(y), pointer<float>(rstd), shape);
    });
  });
  launched("norm_rope");
}

template <>
void NormRopeKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const RopeTable& rope,
                                    const Tensor& gain, const Tensor& rstd, GradTarget dx, GradTarget dgain) {
  check(!dx.wanted() || dx.tensor.pitch == x.pitch, "norm_rope: dx lies otherwise than x");
  const ArenaScope scope(ctx.scratch());
  const Tensor dots =
      dgain.wanted() ? ctx.scratch().alloc({x.rows() / x.shape[2], x.shape[2]}, DType::f32) : Tensor{};  // [B T, H]
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(x.cols(), rope.dims() / 2, [&](auto layout, int lanes) {
      const HeadShape shape = shape_of(x, lanes);
      backward_kernel<decltype(layout), T><<<blocks_for(shape, layout), kThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dy), first<T>(x), turn_of(rope), pointer<float>(gain), pointer<float>(rstd), first<T>(dx.tensor),
          dx.add, pointer<float>(dots), shape);
    });
  });
  launched("norm_rope");
  sum_columns(ctx, dots, dgain);
}

}  // namespace pgolf
