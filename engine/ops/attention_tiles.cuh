// Products of 64-wide bfloat16 tiles on the matrix units, as attention's kernels need them: a warpgroup's 64 rows from
// registers times a tile in shared memory. Hopper's wgmma where the build targets sm_90a, mma.sync elsewhere; operands
// and results lie in the same registers in both, so the kernels do not know which it is.
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

#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define PGOLF_WGMMA 1
#else
#define PGOLF_WGMMA 0
#endif

#ifdef __CUDACC__

__device__ inline uint32_t shared_address(const void* p) { return static_cast<uint32_t>(__cvta_generic_to_shared(p)); }

// --- tiles in shared memory: 64 rows of 128 bytes, 16-byte chunk c of row r at chunk c ^ (r % 8), 1024-byte aligned.

// Starts copying rows first .. first + 63 of a matrix whose rows are `stride` elements apart; rows from `end` on are
// zero.
template <int kThreads>
__device__ void load_tile(bf16* tile, const bf16* matrix, int64_t stride, int first, int end) {
#pragma unroll
  for (int i = 0; i < kTile * 8 / kThreads; ++i) {
    const int index = i * kThreads + threadIdx.x, row = index / 8, chunk = index % 8;
    const bool inside = first + row < end;
    const bf16* from = matrix + (inside ? first + row : 0) * stride + chunk * 8;
    const uint32_t to = shared_address(tile) + row * 128 + ((chunk ^ (row % 8)) << 4);
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(inside ? 16 : 0));
  }
}

// The same for one float32 per row, by the threads `begin` .. `begin` + 63 of the block.
__device__ inline void load_column(float* column, const float* values, int first, int end, int begin) {
  const int row = static_cast<int>(threadIdx.x) - begin;
  if (row < 0 || row >= kTile) return;
  const bool inside = first + row < end;
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(column + row)),
               "l"(values + (inside ? first + row : 0)), "r"(inside ? 4 : 0));
}

__device__ inline void commit_loads() { asm volatile("cp.async.commit_group;"); }

// Waits until at most `kPending` committed groups of loads are under way, and makes what arrived visible to every
// thread of the block and to the matrix units.
template <int kPending>
__device__ void wait_for_loads() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending));
#if PGOLF_WGMMA
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
  __syncthreads();
}

// --- products. Between begin_products() and finish_products<0>() their operands and results must not be touched.

__device__ inline void keep_order(Accumulator& acc) {
#pragma unroll
  for (int j = 0; j < 8; ++j)
#pragma unroll
    for (int c = 0; c < 4; ++c) asm volatile("" : "+f"(acc[j][c])::"memory");
}

__device__ inline void begin_products() {
#if PGOLF_WGMMA
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
#endif
}

__device__ inline void commit_products() {
#if PGOLF_WGMMA
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
#endif
}

// Until at most `kPending` committed groups of products are unfinished; `results` are those of the finished ones.
template <int kPending, class... Results>
__device__ void finish_products(Results&... results) {
#if PGOLF_WGMMA
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kPending) : "memory");
#endif
  (keep_order(results), ...);
}

#if PGOLF_WGMMA

// Address and layout of a tile for wgmma: 128-byte swizzle, groups of eight rows 1024 bytes apart.
__device__ inline uint64_t tile_descriptor(uint32_t address) {
  return (static_cast<uint64_t>(address & 0x3FFFF) >> 4) | uint64_t{1} << 16 | uint64_t{1024 >> 4} << 32 |
         uint64_t{1} << 62;
}

// acc (+)= a · op(tile) for 16 of the inner dimension. kRowsInner: the tile's rows are the inner dimension. Where
// nothing is added to, the registers are outputs alone: ptxas would otherwise order the product after whatever wrote
// them last.
#define PGOLF_WGMMA_TEXT(accumulate)                                                  \
  "{\n.reg .pred p;\nsetp.ne.b32 p, " accumulate                                      \
  ", 0;\n"                                                                            \
  "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 "                             \
  "{%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, "           \
  "%16, %17, %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31}, " \
  "{%32, %33, %34, %35}, %36, p, 1, 1, %37;\n}\n"
#define PGOLF_ROW(kind, j) kind(d[j][0]), kind(d[j][1]), kind(d[j][2]), kind(d[j][3])
#define PGOLF_ACCUMULATOR(kind)                                                                       \
  PGOLF_ROW(kind, 0), PGOLF_ROW(kind, 1), PGOLF_ROW(kind, 2), PGOLF_ROW(kind, 3), PGOLF_ROW(kind, 4), \
      PGOLF_ROW(kind, 5), PGOLF_ROW(kind, 6), PGOLF_ROW(kind, 7)

template <bool kRowsInner, bool kAccumulate>
__device__ void wgmma(Accumulator& d, const uint32_t (&a)[4], uint64_t tile) {
  if constexpr (kAccumulate) {
    asm volatile(PGOLF_WGMMA_TEXT("1")
                 : PGOLF_ACCUMULATOR("+f")
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(tile), "n"(kRowsInner ? 1 : 0));
  } else {
    asm volatile(PGOLF_WGMMA_TEXT("0")
                 : PGOLF_ACCUMULATOR("=f")
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(tile), "n"(kRowsInner ? 1 : 0));
  }
}
#undef PGOLF_ACCUMULATOR
#undef PGOLF_ROW
#undef PGOLF_WGMMA_TEXT

template <bool kRowsInner, bool kAccumulate>
__device__ void product(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  const uint32_t base = shared_address(tile);
  constexpr int kStep = kRowsInner ? 16 * 128 : 32;  // bytes: 16 rows of the tile, or 16 elements of each
  wgmma<kRowsInner, kAccumulate>(acc, a[0], tile_descriptor(base));
#pragma unroll
  for (int k = 1; k < 4; ++k) wgmma<kRowsInner, true>(acc, a[k], tile_descriptor(base + k * kStep));
}

#else

__device__ inline void mma(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, "
      "%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Four 8 x 8 matrices; lanes 8 i .. 8 i + 7 name the rows of matrix i.
template <bool kTranspose>
__device__ void load_matrices(uint32_t (&out)[4], const bf16* tile, int row, int chunk) {
  const uint32_t from = shared_address(tile) + row * 128 + ((chunk ^ (row % 8)) << 4);
  if (kTranspose) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(from));
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(out[0]), "=r"(out[1]), "=r"(out[2]), "=r"(out[3])
                 : "r"(from));
  }
}

template <bool kRowsInner, bool kAccumulate>
__device__ void product(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  const int lane = threadIdx.x % kWarp;
  if (!kAccumulate)
    for (auto& block : acc)
      for (float& x : block) x = 0;
#pragma unroll
  for (int k = 0; k < 4; ++k)
#pragma unroll
    for (int j = 0; j < 8; j += 2) {  // 16 of the outer dimension
      uint32_t b[4];                  // both halves of the inner 16 for column block j, then for j + 1
      if (kRowsInner) {
        load_matrices<true>(b, tile, 16 * k + lane % 16, j + lane / 16);
      } else {
        load_matrices<false>(b, tile, 8 * j + lane % 8 + 8 * (lane / 16), 2 * k + lane / 8 % 2);
      }
      mma(acc[j], a[k], b[0], b[1]);
      mma(acc[j + 1], a[k], b[2], b[3]);
    }
}

#endif

// acc = a · tileᵀ: the inner dimension runs along the tile's rows.
__device__ inline void times_transposed(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  product<false, false>(acc, a, tile);
}
// acc += a · tile.
__device__ inline void add_times(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  product<true, true>(acc, a, tile);
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
