#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"

namespace pgolf {
namespace {

constexpr int kThreads = 256;

// A head is spread over `lanes` lanes of a warp, kChunks chunks of kVec elements to each.
template <int kVec_, int kChunks_>
struct HeadLayout {
  static constexpr int kVec = kVec_, kChunks = kChunks_;
};

struct HeadShape {
  uint32_t rows;  // B · T · H heads
  uint32_t heads, seq_len;
  int width, lanes;
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
    return f(HeadLayout<8, 1>{}, static_cast<int>(lanes));
  if (width > 256) fail(ErrorKind::usage, "heads of {} elements are more than the CUDA backend takes (256); use --device cpu", width);
  f(HeadLayout<1, 8>{}, kWarp);
}

__device__ float group_sum(float x, int lanes) {
  for (int offset = lanes / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(0xffffffffU, x, offset);
  return x;
}

struct Place {
  uint32_t row;
  int lane;    // within the head
  int64_t at;  // of the head's first element
  bool valid;
};

__device__ Place place_of(const HeadShape& shape) {
  const uint32_t thread = blockIdx.x * kThreads + threadIdx.x, lanes = static_cast<uint32_t>(shape.lanes);
  const uint32_t row = thread / lanes;
  return {row, static_cast<int>(thread % lanes), static_cast<int64_t>(row) * shape.width, row < shape.rows};
}

// Chunk at `column` of a head, turned by direction · angle: from the chunk and its partner half a rotation away.
template <int kVec, class T>
__device__ void load_turned(const T* head, int column, Turn turn, uint32_t t, float direction, float (&out)[kVec]) {
  load(head + column, out);
  if (column >= 2 * turn.half) return;
  const bool low = column < turn.half;
  const uint32_t at = t * turn.half + (low ? column : column - turn.half);
  float partner[kVec], cos[kVec], sin[kVec];
  load(head + column + (low ? turn.half : -turn.half), partner);
  load(turn.cos + at, cos);
  load(turn.sin + at, sin);
  for (int j = 0; j < kVec; ++j) out[j] = out[j] * cos[j] + (low ? direction : -direction) * partner[j] * sin[j];
}

template <class Layout, class T>
__global__ void __launch_bounds__(kThreads)
    forward_kernel(const T* x, Turn turn, const float* gain, T* y, float* rstd, HeadShape shape) {
  constexpr int kVec = Layout::kVec;
  const Place place = place_of(shape);
  const T* head = x + place.at;
  float squares = 0;
  for (int i = 0; i < Layout::kChunks; ++i) {
    const int column = (i * shape.lanes + place.lane) * kVec;
    if (!place.valid || column >= shape.width) continue;
    float v[kVec];
    load(head + column, v);
    for (const float a : v) squares += a * a;
  }
  const float r = rsqrtf(group_sum(squares, shape.lanes) / static_cast<float>(shape.width) + kRmsNormEps);
  if (!place.valid) return;
  if (place.lane == 0) rstd[place.row] = r;
  const float factor = r * (gain == nullptr ? 1.0F : gain[place.row % shape.heads]);
  const uint32_t t = place.row / shape.heads % shape.seq_len;
  for (int i = 0; i < Layout::kChunks; ++i) {
    const int column = (i * shape.lanes + place.lane) * kVec;
    if (column >= shape.width) continue;
    float v[kVec];
    load_turned(head, column, turn, t, 1.0F, v);
    for (float& a : v) a *= factor;
    store(y + place.at + column, v);
  }
}

// With u = x rstd and g = R⁻¹ dy: dots[row] = g · u, the row's share of dgain, and dx = rstd (gain g - u mean(gain g u)).
template <class Layout, class T>
__global__ void __launch_bounds__(kThreads)
    backward_kernel(const T* dy, const T* x, Turn turn, const float* gain, const float* rstd, T* dx, bool add, float* dots,
                    HeadShape shape) {
  constexpr int kVec = Layout::kVec;
  const Place place = place_of(shape);
  const uint32_t t = place.row / shape.heads % shape.seq_len;
  float g[Layout::kChunks][kVec], u[Layout::kChunks][kVec], product = 0;
  const float r = place.valid ? rstd[place.row] : 0;
  for (int i = 0; i < Layout::kChunks; ++i) {
    const int column = (i * shape.lanes + place.lane) * kVec;
    if (!place.valid || column >= shape.width) continue;
    load_turned(dy + place.at, column, turn, t, -1.0F, g[i]);
    load(x + place.at + column, u[i]);
    for (int j = 0; j < kVec; ++j) product += g[i][j] * (u[i][j] *= r);
  }
  product = group_sum(product, shape.lanes);
  if (!place.valid) return;
  if (dots != nullptr && place.lane == 0) dots[place.row] = product;
  if (dx == nullptr) return;
  const float factor = r * (gain == nullptr ? 1.0F : gain[place.row % shape.heads]);
  const float mean = product / static_cast<float>(shape.width);
  for (int i = 0; i < Layout::kChunks; ++i) {
    const int column = (i * shape.lanes + place.lane) * kVec;
    if (column >= shape.width) continue;
    for (int j = 0; j < kVec; ++j) g[i][j] = factor * (g[i][j] - u[i][j] * mean);
    contribute(dx + place.at + column, g[i], add);
  }
}

HeadShape shape_of(const Tensor& x, int lanes) {
  check(x.rows() * lanes < int64_t{1} << 32, "norm_rope: {} is too large", x.shape);
  return {static_cast<uint32_t>(x.rows()), static_cast<uint32_t>(x.shape[2]), static_cast<uint32_t>(x.shape[1]),
          static_cast<int>(x.shape[3]), lanes};
}

unsigned blocks_for(const HeadShape& shape) {
  return static_cast<unsigned>((static_cast<int64_t>(shape.rows) * shape.lanes + kThreads - 1) / kThreads);
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
      forward_kernel<decltype(layout), T><<<blocks_for(shape), kThreads, 0, work_queue(ctx)>>>(
          pointer<T>(x), turn_of(rope), pointer<float>(gain), pointer<T>(y), pointer<float>(rstd), shape);
    });
  });
  launched("norm_rope");
}

template <>
void NormRopeKernel<Cuda>::backward(Context& ctx, const Tensor& dy, const Tensor& x, const RopeTable& rope,
                                    const Tensor& gain, const Tensor& rstd, GradTarget dx, GradTarget dgain) {
  const ArenaScope scope(ctx.scratch());
  const Tensor dots =
      dgain.wanted() ? ctx.scratch().alloc({x.rows() / x.shape[2], x.shape[2]}, DType::f32) : Tensor{};  // [B T, H]
  with_type(x.dtype, [&](auto type) {
    using T = decltype(type);
    with_head_layout(x.cols(), rope.dims() / 2, [&](auto layout, int lanes) {
      const HeadShape shape = shape_of(x, lanes);
      backward_kernel<decltype(layout), T><<<blocks_for(shape), kThreads, 0, work_queue(ctx)>>>(
          pointer<T>(dy), pointer<T>(x), turn_of(rope), pointer<float>(gain), pointer<float>(rstd), pointer<T>(dx.tensor),
          dx.add, pointer<float>(dots), shape);
    });
  });
  launched("norm_rope");
  sum_columns(ctx, dots, dgain);
}

}  // namespace pgolf
