// gate_heads at the submissions' width: eight heads of 64, and gates that read rows of 512. A warp takes four positions
// at once, so that each weight is read once for all of them; lane l holds columns 8 l .. 8 l + 7 of either half of a
// row.
#pragma once

#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/gates.h"

namespace pgolf::wide_gates {

inline constexpr int kRows = 4, kHeads = 8, kWidth = 512, kHalf = kWidth / 2, kVec = 8;
inline constexpr int kNarrow = 64;  // gates that read so few columns are summed by one lane each

inline bool takes(int64_t heads, int64_t head_width, int64_t columns, int64_t read) {
  return heads == kHeads && head_width == kWidth / kHeads && columns == kWidth && (read == kWidth || read <= kNarrow);
}

#ifdef __CUDACC__

__device__ inline int column_of(int half) { return half * kHalf + static_cast<int>(threadIdx.x) % kWarp * kVec; }
// The head of this lane's columns.
__device__ inline int head_of(int half) { return column_of(half) / (kWidth / kHeads); }

// This lane's columns of the warp's rows, read before anything is written: a store would hold back later loads.
template <class T>
__device__ void load_rows(const T* x, int64_t first, int64_t rows, int half, float (&v)[kRows][kVec]) {
#pragma unroll
  for (int r = 0; r < kRows; ++r) load(x + min(first + r, rows - 1) * kWidth + column_of(half), v[r]);
}

// The warp's sums of 32 values each lane holds: lane l gets that of value l.
__device__ inline float scatter_sums(float (&v)[kWarp]) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
#pragma unroll
  for (int half = kWarp / 2; half > 0; half /= 2) {
    const bool upper = (lane & half) != 0;
#pragma unroll
    for (int i = 0; i < half; ++i) {
      const float send = upper ? v[i] : v[i + half], keep = upper ? v[i + half] : v[i];
      v[i] = keep + __shfl_xor_sync(0xffffffffU, send, half);
    }
  }
  return v[0];
}

// The logit, before the bias, of head lane % 8 of position `first` + lane / 8.
template <class S>
__device__ float own_logit(const S* s, const float* weight, int W, int64_t first, int64_t rows) {
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  if (W != kWidth) {
    const S* row = s + min(first + lane / kHeads, rows - 1) * kWidth;
    float sum = 0;
    for (int j = 0; j < W; ++j) sum += weight[lane % kHeads * W + j] * to_float(row[j]);
    return sum;
  }
  float sums[kRows * kHeads] = {};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float x[kRows][kVec], w[kVec];
    load_rows(s, first, rows, half, x);
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      load(weight + h * kWidth + column_of(half), w);
#pragma unroll
      for (int r = 0; r < kRows; ++r)
        for (int j = 0; j < kVec; ++j) sums[r * kHeads + h] += w[j] * x[r][j];
    }
  }
  return scatter_sums(sums);
}

template <class T, class S>
__global__ void __launch_bounds__(kRowThreads)
    forward_kernel(const T* y, const S* s, const float* weight, int W, const float* bias, HeadGate form, T* z,
                   float* gates, int64_t rows) {
  const int64_t first = warp_in_grid() * kRows;
  if (first >= rows) return;
  const int lane = static_cast<int>(threadIdx.x) % kWarp;
  const float logit = own_logit(s, weight, W, first, rows) + (bias != nullptr ? bias[lane % kHeads] : 0.0F);
  const float gate = sigmoid(form.inner * logit);
  if (first + lane / kHeads < rows) gates[first * kHeads + lane] = gate;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float v[kRows][kVec];
    load_rows(y, first, rows, half, v);
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      const float factor = form.outer * __shfl_sync(0xffffffffU, gate, r * kHeads + head_of(half));
      for (float& value : v[r]) value *= factor;
      if (first + r < rows) store(z + (first + r) * kWidth + column_of(half), v[r]);
    }
  }
}

// dy, if wanted, and the gradients of the logits of this lane's heads, which all eight lanes of a head get.
template <class T>
__device__ void through_product(const T* dz, const T* y, HeadGate form, const float* gates, T* dy, bool add,
                                float* dlogits, int64_t first, int64_t rows, float (&own)[kRows][2]) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    float up[kRows][kVec], value[kRows][kVec], gate[kRows];
    load_rows(dz, first, rows, half, up);
    load_rows(y, first, rows, half, value);
#pragma unroll
    for (int r = 0; r < kRows; ++r) gate[r] = gates[min(first + r, rows - 1) * kHeads + head_of(half)];
#pragma unroll
    for (int r = 0; r < kRows; ++r) {
      float product = 0;
      for (int j = 0; j < kVec; ++j) product += up[r][j] * value[r][j];
      for (int offset = 1; offset < 8; offset *= 2) product += __shfl_xor_sync(0xffffffffU, product, offset);
      own[r][half] = product * form.outer * form.inner * gate[r] * (1.0F - gate[r]);
      if (first + r >= rows) continue;
      if (threadIdx.x % 8 == 0) dlogits[(first + r) * kHeads + head_of(half)] = own[r][half];
      for (float& x : up[r]) x *= form.outer * gate[r];
      if (dy != nullptr) contribute(dy + (first + r) * kWidth + column_of(half), up[r], add);
    }
  }
}

// dy and ds, if wanted, and the gradient of every logit. A thread touches the same columns of both, which may be one.
template <class T, class S>
__global__ void __launch_bounds__(kRowThreads)
    backward_kernel(const T* dz, const T* y, const float* weight, int W, HeadGate form, const float* gates, T* dy,
                    bool add_y, S* ds, bool add_s, float* dlogits, int64_t rows) {
  const int64_t first = warp_in_grid() * kRows;
  if (first >= rows) return;
  float own[kRows][2];
  through_product(dz, y, form, gates, dy, add_y, dlogits, first, rows, own);
  if (ds == nullptr) return;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int column = column_of(half);
    if (add_s && half * kHalf >= W) break;  // nothing to add
    float d[kRows][kVec] = {};
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      float w[kVec] = {};
      if (W == kWidth) {
        load(weight + h * kWidth + column, w);
      } else {
        for (int j = 0; j < kVec; ++j)
          if (column + j < W) w[j] = weight[h * W + column + j];
      }
#pragma unroll
      for (int r = 0; r < kRows; ++r) {
        const float dlogit = __shfl_sync(0xffffffffU, own[r][h / 4], h % 4 * 8);
        for (int j = 0; j < kVec; ++j) d[r][j] += dlogit * w[j];
      }
    }
    if (add_s && column >= W) continue;
#pragma unroll
    for (int r = 0; r < kRows; ++r)
      if (first + r < rows) contribute(ds + (first + r) * kWidth + column, d[r], add_s);
  }
}

#endif  // __CUDACC__

}  // namespace pgolf::wide_gates
