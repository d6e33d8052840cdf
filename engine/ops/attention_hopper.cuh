// Causal attention in one pass over the keys (Shah et al. 2024), heads of 64, on Hopper: what its three kernels share.
// A block takes one item or several. One of its threads brings tiles; its other warpgroups own 64 rows each and read
// the tiles of the other side, each at its own pace. The query heads of a group are rows of one item, since they read
// the same keys.
#pragma once

#include "engine/ops/attention_cuda.cuh"
#include "engine/ops/hopper.cuh"

namespace pgolf::hopper {

inline int tiles_of(const AttentionSizes& s) { return (s.T + kTile - 1) / kTile; }

// The items of a kernel: every (batch row, group) has `ranks` of them.
struct Items {
  int groups, ranks, count;

  Items(const AttentionSizes& s, int units, int warpgroups)
      : groups(s.B * s.G), ranks((units + warpgroups - 1) / warpgroups), count(groups * ranks) {}

#ifdef __CUDACC__
  // The block's item of a round; false after the last. Every second round runs backwards, so that the blocks' items add
  // up to the same work.
  __device__ bool assign(int round, int& item) const {
    const int blocks = static_cast<int>(gridDim.x), block = static_cast<int>(blockIdx.x);
    item = round * blocks + (round % 2 == 0 ? block : blocks - 1 - block);
    return item < count;
  }
  // Sixteen groups at a time, so that their tiles stay in the L2 cache; the first ranks of all of them first.
  __device__ void place(int item, int& group, int& rank) const {
    constexpr int kTogether = 16;
    const int first = item / (kTogether * ranks) * kTogether, within = item - first * ranks;
    const int together = min(kTogether, groups - first);
    rank = within / together;
    group = first + within % together;
  }
#endif
};

#ifdef __CUDACC__

// What all threads of a warp agree on, so that the compiler knows it.
__device__ inline int uniform(int x) { return __shfl_sync(0xffffffffU, x, 0); }

// 64 query rows of one head for each warpgroup: those of a group's heads at one place, then at the next.
struct QueryItem {
  int b, group, first_unit, units, heads;  // heads: of a group
  int first_tile, last_tile;               // of keys

  // Longest first, so that the last items to run are short.
  __device__ QueryItem(const AttentionSizes& s, const Items& items, int item, int warpgroups) {
    int rank;
    items.place(item, group, rank);
    b = group / s.G, group %= s.G, heads = s.H / s.G;
    units = (s.T + kTile - 1) / kTile * heads;
    first_unit = (items.ranks - 1 - rank) * warpgroups;
    first_tile = s.segment_start(tile(0) * kTile) / kTile;
    last_tile = tile(warpgroups - 1);
  }
  // A warpgroup after the last unit repeats that, and stores nothing.
  __device__ bool live(int warpgroup) const { return first_unit + warpgroup < units; }
  __device__ int tile(int warpgroup) const { return min(first_unit + warpgroup, units - 1) / heads; }
  __device__ int head(int warpgroup) const { return group * heads + min(first_unit + warpgroup, units - 1) % heads; }
};

// The place of a warp's 16 rows in a tile, and of this thread's first.
__device__ inline int warp_row() { return static_cast<int>(threadIdx.x) % kWarpgroup / kWarp * 16; }
__device__ inline int thread_row() { return warp_row() + static_cast<int>(threadIdx.x) % kWarp / 4; }
__device__ inline int warpgroup_index() { return uniform(static_cast<int>(threadIdx.x) / kWarpgroup); }

// The two query rows of a thread, and the keys that its warpgroup's rows may see.
struct QueryRows {
  int t[2], start[2];         // positions, and the first key each may attend to
  int first_tile, last_tile;  // of keys
  int full_from;              // tiles from here to the one before the last are seen whole

  __device__ QueryRows(const AttentionSizes& s, int tile) : last_tile(tile) {
    const auto start_of = [&](int row) { return s.segment_start(min(row, s.T - 1)); };
    for (int i = 0; i < 2; ++i) {
      t[i] = tile * kTile + thread_row() + 8 * i;
      start[i] = start_of(t[i]);
    }
    first_tile = uniform(start_of(tile * kTile) / kTile);
    full_from = uniform((start_of(tile * kTile + kTile - 1) + kTile - 1) / kTile);
  }

  // Puts `value` where a row must not see a key of the tile.
  __device__ void mask(Accumulator& scores, int tile, float value) const {
    each([&](int j, int r, int half, int column) {
      const int key = tile * kTile + column;
      if (key > t[half] || key < start[half]) scores[j][r] = value;
    });
  }
};

// A warpgroup's way through the tiles that its block is brought.
template <int kStages>
class Reader {
 public:
  __device__ explicit Reader(Ring<kStages>& ring) : ring_(ring) {}
  // The stage of the next tile, once that is there.
  __device__ int next() {
    const int stage = at_.stage;
    ring_.await(at_);
    at_.advance();
    return stage;
  }
  __device__ void release(int stage) { ring_.release(stage); }
  // Lets tiles go that are for other warpgroups. None may be held: its stage might be needed for them.
  __device__ void skip(int tiles) {
    tiles = uniform(tiles);
    for (int i = 0; i < tiles; ++i) release(next());
  }

 private:
  Ring<kStages>& ring_;
  Cursor<kStages> at_;
};

// Starts a kernel of `threads` threads a block on the work queue.
template <class Shared, class Kernel, class... Args>
void launch(Context& ctx, Kernel kernel, int blocks, int threads, Args... args) {
  const cudaStream_t queue = work_queue(ctx);
  const int bytes = static_cast<int>(sizeof(Shared)) + 1024;
  cuda_check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "attention");
  kernel<<<blocks, threads, bytes, queue>>>(args...);
  launched("attention");
}

#endif  // __CUDACC__

}  // namespace pgolf::hopper
