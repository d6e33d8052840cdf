// What the CUDA kernels over rows share: vector access, a row spread over a warp, dispatch on types and widths, and
// sums over rows in a fixed order. Arithmetic is float32 whatever the storage.
#pragma once

#include <cuda_bf16.h>

#include "engine/core/backend.h"
#include "engine/core/cuda.h"

namespace pgolf {

using bf16 = __nv_bfloat16;

inline constexpr int kWarp = 32;
inline constexpr int kRowThreads = 256;  // of a block of the row kernels
inline constexpr int kMaxWidth = 2048;   // elements of a row

// --- host: typed pointers and dispatch

template <class T>
constexpr DType kDTypeOf = DType::f32;
template <>
constexpr DType kDTypeOf<bf16> = DType::bf16;

// Null for an undefined tensor. For kernels that step from row to row by Tensor::row_stride().
template <class T>
T* first(const Tensor& t) {
  check(!t.defined() || t.dtype == kDTypeOf<T>, "a tensor {} is {}, not {}", t.shape, dtype_name(t.dtype),
        dtype_name(kDTypeOf<T>));
  return static_cast<T*>(t.data);
}
// The same for kernels that read element after element.
template <class T>
T* pointer(const Tensor& t) {
  check(t.contiguous(), "the rows of a tensor {} lie apart", t.shape);
  return first<T>(t);
}

// f(float{}) or f(bf16{}).
template <class F>
void with_type(DType dtype, F f) {
  check(dtype == DType::f32 || dtype == DType::bf16, "no CUDA kernel for {}", dtype_name(dtype));
  dtype == DType::f32 ? f(float{}) : f(bf16{});
}

// kVec elements are read at once (16 bytes of bfloat16, twice that of float32); a warp holds a row in kChunks of them
// per lane.
template <int kVec_, int kChunks_>
struct RowLayout {
  static constexpr int kVec = kVec_, kChunks = kChunks_, kUnroll = kVec_ == 1 ? 1 : kChunks_;
};

// f(RowLayout). Widths that are multiples of 8 up to 1024 are held in registers; others work, slowly.
template <class F>
void with_row_layout(int64_t width, F f) {
  if (width > kMaxWidth)
    fail(ErrorKind::usage, "rows of {} elements are more than the CUDA backend takes ({}); use --device cpu", width,
         kMaxWidth);
  if (width % 8 == 0 && width <= 512) return f(RowLayout<8, 2>{});
  if (width % 8 == 0 && width <= 1024) return f(RowLayout<8, 4>{});
  f(RowLayout<1, kMaxWidth / kWarp>{});
}

// Blocks for a loop over rows, a warp to each: enough to fill the GPU, and no more, so that a warp sees several rows.
inline int row_blocks(Context& ctx, int64_t rows, int blocks_per_multiprocessor) {
  const int64_t warps = kRowThreads / kWarp;
  const int64_t full = static_cast<int64_t>(ctx.stream()->num_multiprocessors()) * blocks_per_multiprocessor;
  return static_cast<int>(std::max<int64_t>(1, std::min((rows + warps - 1) / warps, full)));
}

// target[j] (+)= sum over rows of partial[row, j], partial [rows, D] float32, in an order that depends on the shape
// alone; target has D elements, or one, which gets the sum over all.
void sum_columns(Context& ctx, const Tensor& partial, const GradTarget& target);
// The same for as many columns as target has, from column `first` on.
void sum_columns(Context& ctx, const Tensor& partial, int64_t first, const GradTarget& target);

// target[h, j] (+)= sum over rows of a[row, h] x[row, j]: a [rows, H] float32, x [rows, D] of which the first columns
// are read, target [H, W] with W <= D. The gradient of a small gate's weight.
void sum_outer_products(Context& ctx, const Tensor& a, const Tensor& x, const GradTarget& target);

#ifdef __CUDACC__

// --- device: access

__device__ inline float to_float(float x) { return x; }
__device__ inline float to_float(bf16 x) { return __bfloat162float(x); }
template <class T>
__device__ T from_float(float x) {
  if constexpr (std::is_same_v<T, float>) {
    return x;
  } else {
    return __float2bfloat16_rn(x);
  }
}

// x rounded to T.
template <class T>
__device__ float rounded(float x) {
  return to_float(from_float<T>(x));
}

template <int kVec>
__device__ void load(const float* p, float (&v)[kVec]) {
  if constexpr (kVec == 8) {
    const float4 a = *reinterpret_cast<const float4*>(p), b = *reinterpret_cast<const float4*>(p + 4);
    v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w, v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
  } else {
    v[0] = *p;
  }
}

__device__ inline void unpack(uint32_t word, float& low, float& high) {
  low = __uint_as_float(word << 16), high = __uint_as_float(word & 0xffff0000U);
}

template <int kVec>
__device__ void load(const bf16* p, float (&v)[kVec]) {
  if constexpr (kVec == 8) {
    const uint4 raw = *reinterpret_cast<const uint4*>(p);
    unpack(raw.x, v[0], v[1]), unpack(raw.y, v[2], v[3]), unpack(raw.z, v[4], v[5]), unpack(raw.w, v[6], v[7]);
  } else {
    v[0] = to_float(*p);
  }
}

template <int kVec>
__device__ void store(float* p, const float (&v)[kVec]) {
  if constexpr (kVec == 8) {
    *reinterpret_cast<float4*>(p) = make_float4(v[0], v[1], v[2], v[3]);
    *reinterpret_cast<float4*>(p + 4) = make_float4(v[4], v[5], v[6], v[7]);
  } else {
    *p = v[0];
  }
}

__device__ inline uint32_t pack(float low, float high) {
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
}

template <int kVec>
__device__ void store(bf16* p, const float (&v)[kVec]) {
  if constexpr (kVec == 8) {
    *reinterpret_cast<uint4*>(p) = make_uint4(pack(v[0], v[1]), pack(v[2], v[3]), pack(v[4], v[5]), pack(v[6], v[7]));
  } else {
    *p = from_float<bf16>(v[0]);
  }
}

// Stores or adds a contribution to a gradient.
template <class T, int kVec>
__device__ void contribute(T* p, float (&v)[kVec], bool add) {
  if (add) {
    float before[kVec];
    load(p, before);
    for (int i = 0; i < kVec; ++i) v[i] += before[i];
  }
  store(p, v);
}

// --- device: rows

// One row of `width` elements over a warp: chunk i of lane l starts at column (32 i + l) kVec.
template <class Layout>
struct Row {
  static constexpr int kVec = Layout::kVec, kChunks = Layout::kChunks;
  float v[kChunks][kVec];

  // body(values of the chunk, its first column) for the chunks of this lane.
  template <class Body>
  __device__ static void each(int width, Body body) {
    const int lane = threadIdx.x % kWarp;
#pragma unroll(Layout::kUnroll)
    for (int i = 0; i < kChunks; ++i) {
      const int column = (i * kWarp + lane) * kVec;
      if (column < width) body(i, column);
    }
  }

  __device__ void clear() {
#pragma unroll(Layout::kUnroll)
    for (int i = 0; i < kChunks; ++i)
      for (int j = 0; j < kVec; ++j) v[i][j] = 0;
  }

  template <class T>
  __device__ void load_row(const T* row, int width) {
    clear();
    each(width, [&](int i, int column) { load(row + column, v[i]); });
  }
};

__device__ inline float warp_sum(float x) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) x += __shfl_xor_sync(0xffffffffU, x, offset);
  return x;
}

template <class Layout>
__device__ float dot(const Row<Layout>& a, const Row<Layout>& b) {
  float sum = 0;
#pragma unroll(Layout::kUnroll)
  for (int i = 0; i < Layout::kChunks; ++i)
    for (int j = 0; j < Layout::kVec; ++j) sum += a.v[i][j] * b.v[i][j];
  return warp_sum(sum);
}

__device__ inline float sigmoid(float x) { return 1.0F / (1.0F + expf(-x)); }

// 64 bits: a warp to a row, and the threads of 2^27 rows pass 2^32.
__device__ inline int64_t warp_in_grid() {
  constexpr int kWarps = kRowThreads / kWarp;
  return static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
}
__device__ inline int64_t warps_in_grid() { return static_cast<int64_t>(gridDim.x) * (kRowThreads / kWarp); }

// Writes the block's sum of its warps' rows to out[0..width): warp after warp, so in one order. `shared` holds `width`.
template <class Layout>
__device__ void block_sum(const Row<Layout>& mine, float* shared, float* out, int width) {
  for (int warp = 0; warp < kRowThreads / kWarp; ++warp) {
    if (threadIdx.x / kWarp == warp)
      Row<Layout>::each(width, [&](int i, int column) {
        for (int j = 0; j < Layout::kVec; ++j)
          shared[column + j] = warp == 0 ? mine.v[i][j] : shared[column + j] + mine.v[i][j];
      });
    __syncthreads();
  }
  for (int column = threadIdx.x; column < width; column += kRowThreads) out[column] = shared[column];
  __syncthreads();
}

#endif  // __CUDACC__

}  // namespace pgolf
