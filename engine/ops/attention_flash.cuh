// Causal attention in one pass over the keys (Dao et al. 2022, 2023), heads of 64: what forward and backward share. Two
// warpgroups of a block own 64 rows each (queries in the first two kernels, keys in the third) and read tiles of 64 of
// the other side through shared memory. A head's scores never leave registers: as accumulators they are laid out as the
// next product's left operand. Products run beside the arithmetic on the tile before or after.
#pragma once

#include "engine/ops/attention_cuda.cuh"
#include "engine/ops/attention_tiles.cuh"

namespace pgolf::flash {

// Tiles of shared memory in flight, by what the code was compiled for: Hopper holds six for each of two blocks, other
// GPUs leave a block 99 KiB.
constexpr int stages_of(int architecture) { return architecture >= 90 ? 6 : 4; }
#ifdef __CUDA_ARCH__
inline constexpr int kStages = stages_of(__CUDA_ARCH__ / 10);
#else
inline constexpr int kStages = stages_of(0);
#endif
inline constexpr float kLog2E = 1.4426950408889634F;

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
  cudaFuncAttributes compiled;
  cuda_check(cudaFuncGetAttributes(&compiled, kernel), "attention");
  const int bytes = stages_of(compiled.ptxVersion) * static_cast<int>(sizeof(Tiles)) + 1024;
  cuda_check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "attention");
  return bytes;
}

#ifdef __CUDACC__

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

// Products that belong to different tiles run together: none is under way from one round of a loop to the next, since
// ptxas would run them one after the other.

#endif  // __CUDACC__

}  // namespace pgolf::flash
