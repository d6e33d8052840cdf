// Causal attention in one pass over the keys (Dao et al. 2022, 2023), heads of 64: what forward and backward share. Two
// warpgroups of a block own 64 rows each (queries in the first two kernels, keys in the third) and read tiles of 64 of
// the other side through shared memory. A head's scores never leave registers: as accumulators they are laid out as the
// next product's left operand. Products run beside the arithmetic on the tile before or after.
#pragma once

#include "engine/ops/attention_cuda.cuh"
#include "engine/ops/attention_tiles.cuh"

namespace pgolf::flash {

inline constexpr int kStages = 4;  // tiles of shared memory in flight: some GPUs leave a block 99 KiB

// A block of `rows` rows for every head; 64 of them to a warpgroup.
inline dim3 grid_for(const AttentionSizes& s, int heads, int rows) {
  constexpr int64_t kMostBlocks = 65535;  // of a grid's second dimension
  if (s.T > kMostBlocks * rows)
    fail(ErrorKind::usage, "rows of {} tokens are more than the CUDA backend's attention takes ({}); use shorter ones",
         s.T, kMostBlocks * rows);
  return {static_cast<unsigned>(s.B * heads), static_cast<unsigned>((s.T + rows - 1) / rows)};
}

// The bytes of a kernel's stages. More than 48 KiB must be asked for, once per kernel and GPU; asking again is cheap.
template <class Tiles, class Kernel>
int allow_stages(Kernel kernel) {
  const int bytes = kStages * static_cast<int>(sizeof(Tiles)) + 1024;
  cuda_check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "attention");
  return bytes;
}

#ifdef __CUDACC__

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
// thread of the block.
template <int kPending>
__device__ void wait_for_loads() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending));
  __syncthreads();
}

// --- products

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

// acc = a · tileᵀ: the inner dimension runs along the tile's rows.
__device__ inline void times_transposed(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  product<false, false>(acc, a, tile);
}
// acc += a · tile.
__device__ inline void add_times(Accumulator& acc, const LeftOperand& a, const bf16* tile) {
  product<true, true>(acc, a, tile);
}

// What a block works on: heaviest blocks first, so that the last ones to run are short.
struct Place {
  int b, head;
  int first, end;  // rows of the block
  int own_first;   // row of this warpgroup
  int warp_first;  // row of this warp

  __device__ Place(int heads, int block, int rows)
      : b(static_cast<int>(blockIdx.x) / heads),
        head(static_cast<int>(blockIdx.x) % heads),
        first(block * rows),
        end(first + rows),
        own_first(first + static_cast<int>(threadIdx.x) / kWarpgroup * kTile),
        warp_first(own_first + static_cast<int>(threadIdx.x) % kWarpgroup / kWarp * 16) {}
};

// One head of a [B, T, heads, 64] tensor as a matrix of T rows.
struct HeadRows {
  const bf16* data;
  int64_t stride;
  __device__ HeadRows(const bf16* tensor, const AttentionSizes& s, int b, int head, int heads)
      : data(tensor + s.at(b, 0, head, heads)), stride(static_cast<int64_t>(heads) * kTile) {}
  // Of the values.
  __device__ HeadRows(const bf16* tensor, const AttentionSizes& s, int b, int head)
      : data(tensor + s.value_at(b, 0, head)), stride(s.value_stride) {}
};

// Shared memory of a stage.
struct Stage {
  bf16 tiles[2][kTileElements];
};

// The two query rows of a thread, and the tiles of keys that a block of queries reads.
struct QueryRows {
  int t[2], start[2];         // positions, and the first key each may attend to
  int first_tile, last_tile;  // of the block
  int own_last_tile, own_first_t;
  bool segmented;

  __device__ QueryRows(const AttentionSizes& s, const Place& place) : segmented(s.starts != nullptr) {
    const auto inside = [&](int row) { return min(row, s.T - 1); };
    for (int i = 0; i < 2; ++i) {
      t[i] = place.warp_first + static_cast<int>(threadIdx.x) % kWarp / 4 + 8 * i;
      start[i] = s.segment_start(inside(t[i]));
    }
    first_tile = s.segment_start(place.first) / kTile;
    last_tile = inside(place.end - 1) / kTile;
    own_last_tile = inside(place.own_first + kTile - 1) / kTile;
    own_first_t = place.own_first;
  }

  // Puts `value` where a row must not see a key of the tile.
  __device__ void mask(Accumulator& scores, int tile, float value) const {
    if (!segmented && (tile + 1) * kTile <= own_first_t) return;
    each([&](int j, int r, int half, int column) {
      const int key = tile * kTile + column;
      if (key > t[half] || key < start[half]) scores[j][r] = value;
    });
  }
};

// Tiles 0 .. count - 1 pass through the stages of shared memory, each loaded kStages - 1 tiles ahead of its use.
template <class Load>
__device__ void fill_stages(int count, Load load) {
  for (int i = 0; i < kStages - 1; ++i) {
    if (i < count) load(i, i);
    commit_loads();
  }
  wait_for_loads<kStages - 2>();  // tile 0
}

// Makes tile i ready, by every thread of the block.
__device__ inline void await_tile() { wait_for_loads<kStages - 3>(); }

// After that: starts loading into the stage of tile i - 2, which nobody uses any more. Where registers allow, once the
// products on tile i are under way.
template <class Load>
__device__ void load_ahead(int i, int count, Load load) {
  const int next = i + kStages - 2;
  if (next < count) load(next, next % kStages);
  commit_loads();
}

#endif  // __CUDACC__

}  // namespace pgolf::flash
