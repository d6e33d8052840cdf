// Tiles of 64 x 64 as the matrix units hold them: how a warpgroup's registers hold 64 rows, the same for wgmma and mma,
// and what attention's kernels do with them.
#pragma once

#include "engine/ops/cuda_rows.cuh"

namespace pgolf {

inline constexpr int kTile = 64;  // rows and columns of a tile
inline constexpr int kTileElements = kTile * kTile;
inline constexpr int kWarpgroup = 128;  // threads that own 64 rows, 16 to a warp

// Row r of a warp's 16 is held by lanes 4 (r % 8) .. 4 (r % 8) + 3. In an accumulator, lane l holds columns
// 8 j + 2 (l % 4) + {0, 1} of rows l / 4 ([j][0], [j][1]) and l / 4 + 8 ([j][2], [j][3]).
using Accumulator = float[8][4];
// 16 rows as a left operand: [k / 16][register], two bfloat16 to a register.
using LeftOperand = uint32_t[4][4];

inline constexpr float kLog2E = 1.4426950408889634F;

#ifdef __CUDACC__

__device__ inline uint32_t shared_address(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }

// The block's dynamic shared memory from the first 1024-byte boundary on. By arithmetic on the array, not on a number,
// so that the compiler knows that it is shared memory.
template <class T>
__device__ T* aligned_shared() {
  extern __shared__ uint8_t raw[];
  return reinterpret_cast<T*>(raw + (1024 - shared_address(raw) % 1024) % 1024);
}

__device__ inline float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffffU, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffffU, x, 2));
}
__device__ inline float quad_sum(float x) {
  x += __shfl_xor_sync(0xffffffffU, x, 1);
  return x + __shfl_xor_sync(0xffffffffU, x, 2);
}

// body(block, register, row half, column in the tile) for every element of an accumulator this thread holds.
template <class Body>
__device__ void each(Body body) {
  const int column = 2 * (threadIdx.x % 4);
#pragma unroll
  for (int j = 0; j < 8; ++j)
#pragma unroll
    for (int c = 0; c < 4; ++c) body(j, c, c / 2, 8 * j + column + c % 2);
}

// --- between registers and global memory

// An accumulator as the left operand of the next product: the registers are where they have to be.
__device__ inline void round_to_operand(const Accumulator& acc, LeftOperand& out) {
#pragma unroll
  for (int k = 0; k < 4; ++k)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      out[k][2 * half] = pack(acc[2 * k + half][0], acc[2 * k + half][1]);
      out[k][2 * half + 1] = pack(acc[2 * k + half][2], acc[2 * k + half][3]);
    }
}

// This warp's 16 rows from `row` on of a matrix with rows `stride` apart; rows from `end` on are zero.
__device__ inline void load_operand(LeftOperand& out, const bf16* matrix, int64_t stride, int row, int end) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const int r = row + lane / 4 + 8 * i;
    const bf16* from = matrix + r * stride + 2 * (lane % 4);
#pragma unroll
    for (int k = 0; k < 4; ++k)
#pragma unroll
      for (int half = 0; half < 2; ++half)
        out[k][2 * half + i] = r < end ? *reinterpret_cast<const uint32_t*>(from + 16 * k + 8 * half) : 0;
  }
}

// Lane q of each four gives word i to lane i and gets word q of every lane.
__device__ inline void transpose_quad(uint32_t (&w)[4]) {
  const int q = threadIdx.x % 4;
#pragma unroll
  for (int bit = 1; bit <= 2; bit *= 2)
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      if (i & bit) continue;
      const uint32_t send = q & bit ? w[i] : w[i | bit];
      const uint32_t got = __shfl_xor_sync(0xffffffffU, send, bit);
      if (q & bit) {
        w[i] = got;
      } else {
        w[i | bit] = got;
      }
    }
}

// matrix[row .. row + 15] (+)= factor(row half) · acc, 16 bytes at a time; rows from `end` on are left alone.
__device__ inline void store_rows(const Accumulator& acc, const float (&factor)[2], bf16* matrix, int64_t stride,
                                  int row, int end, bool add) {
  const int lane = threadIdx.x % kWarp;
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const int r = row + lane / 4 + 8 * i;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      bf16* to = matrix + r * stride + 32 * half + 8 * (lane % 4);
      uint32_t words[4];
#pragma unroll
      for (int j = 0; j < 4; ++j)
        words[j] = pack(acc[4 * half + j][2 * i] * factor[i], acc[4 * half + j][2 * i + 1] * factor[i]);
      transpose_quad(words);
      if (r >= end) continue;
      if (add) {
        float now[8];
#pragma unroll
        for (int j = 0; j < 4; ++j) unpack(words[j], now[2 * j], now[2 * j + 1]);
        contribute(to, now, true);
      } else {
        *reinterpret_cast<uint4*>(to) = make_uint4(words[0], words[1], words[2], words[3]);
      }
    }
  }
}

// 2^x in one instruction; 0 for -infinity.
__device__ inline float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

#endif  // __CUDACC__

}  // namespace pgolf
