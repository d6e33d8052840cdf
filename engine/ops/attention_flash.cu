// Causal attention in one pass over the keys (Dao et al. 2022, 2023), heads of 64. Two warpgroups of a block own 64 rows
// each (queries in the first two kernels, keys in the third) and read tiles of 64 of the other side through shared memory.
// A head's scores never leave registers: as accumulators they are laid out as the next product's left operand. Products
// run beside the arithmetic on the tile before or after.
#include "engine/ops/attention_cuda.cuh"
#include "engine/ops/attention_tiles.cuh"

namespace pgolf {
namespace {

constexpr int kThreads = 2 * kWarpgroup;
constexpr int kBlockRows = 2 * kTile;
constexpr int kStages = 4;
constexpr float kLog2E = 1.4426950408889634F;

// What a block works on: heaviest blocks first, so that the last ones to run are short.
struct Place {
  int b, head;
  int first;       // row of the block
  int own_first;   // row of this warpgroup
  int warp_first;  // row of this warp

  __device__ Place(int heads, int block)
      : b(static_cast<int>(blockIdx.x) / heads),
        head(static_cast<int>(blockIdx.x) % heads),
        first(block * kBlockRows),
        own_first(first + static_cast<int>(threadIdx.x) / kWarpgroup * kTile),
        warp_first(own_first + static_cast<int>(threadIdx.x) % kWarpgroup / kWarp * 16) {}
};

// One head of a [B, T, heads, 64] tensor as a matrix of T rows.
struct HeadRows {
  const bf16* data;
  int64_t stride;
  __device__ HeadRows(const bf16* tensor, const AttentionSizes& s, int b, int head, int heads)
      : data(tensor + s.at(b, 0, head, heads)), stride(static_cast<int64_t>(heads) * kTile) {}
};

// Shared memory of a stage: two tiles, and two columns for the third kernel.
struct Stage {
  bf16 tiles[2][kTileElements];
};
struct Columns {
  float lse[kTile], delta[kTile];
};

template <class T>
__device__ T* aligned_shared() {
  extern __shared__ uint8_t raw[];
  return reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(raw) + 1023) / 1024 * 1024);
}

__device__ float quad_max(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffffU, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffffU, x, 2));
}
__device__ float quad_sum(float x) {
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
    last_tile = inside(place.first + kBlockRows - 1) / kTile;
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

// Makes tile i ready, by every thread of the block. Tile i - 2 must not be in use any more: its stage is loaded.
template <class Load>
__device__ void advance_stages(int i, int count, Load load) {
  wait_for_loads<kStages - 3>();
  const int next = i + kStages - 2;
  if (next < count) load(next, next % kStages);
  commit_loads();
}

// Products that belong to different tiles run together: none is under way from one round of a loop to the next, since
// ptxas would run them one after the other.

// Running maximum and sum of exponentials of a thread's two rows.
struct Softmax {
  float c;  // scale · log2(e): exponentials are powers of two
  float max[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};

  // Scores -> exponentials relative to the new maximum; rescale: what earlier results must be multiplied with.
  __device__ void add(Accumulator& scores, float (&rescale)[2]) {
    float top[2] = {max[0], max[1]}, offset[2];
    each([&](int j, int r, int half, int) { top[half] = fmaxf(top[half], scores[j][r]); });
    for (int half = 0; half < 2; ++half) {
      top[half] = quad_max(top[half]);
      offset[half] = top[half] == -INFINITY ? 0 : top[half] * c;  // a row may have seen no key yet
      rescale[half] = exp2_fast(max[half] * c - offset[half]);
      sum[half] *= rescale[half];
      max[half] = top[half];
    }
    each([&](int j, int r, int half, int) {
      scores[j][r] = exp2_fast(scores[j][r] * c - offset[half]);
      sum[half] += scores[j][r];
    });
  }
};

// Scores of a tile are computed beside the product of the values with the probabilities of the tile before.
__global__ void __launch_bounds__(kThreads, 2)
    forward_kernel(AttentionSizes s, const bf16* q, const bf16* k, const bf16* v, bf16* y, float* lse) {
  Stage* stages = aligned_shared<Stage>();
  const Place place(s.H, static_cast<int>(gridDim.y - 1 - blockIdx.y));
  const QueryRows rows(s, place);
  const int group = place.head / (s.H / s.G), count = rows.last_tile - rows.first_tile + 1;
  const int own_count = rows.own_last_tile - rows.first_tile + 1;
  const HeadRows queries(q, s, place.b, place.head, s.H), keys(k, s, place.b, group, s.G), values(v, s, place.b, group, s.G);
  const auto load = [&](int i, int stage) {
    const int first = (rows.first_tile + i) * kTile;
    load_tile<kThreads>(stages[stage].tiles[0], keys.data, keys.stride, first, s.T);
    load_tile<kThreads>(stages[stage].tiles[1], values.data, values.stride, first, s.T);
  };
  LeftOperand query, p;
  load_operand(query, queries.data, queries.stride, place.warp_first, s.T);
  Accumulator out = {};
  Softmax softmax{s.scale * kLog2E};
  float rescale[2];

  fill_stages(count, load);
  {
    Accumulator scores;
    begin_products();
    times_transposed(scores, query, stages[0].tiles[0]);
    commit_products();
    finish_products<0>(scores);
    rows.mask(scores, rows.first_tile, -INFINITY);
    softmax.add(scores, rescale);
    round_to_operand(scores, p);
  }
  for (int i = 1; i < own_count; ++i) {
    advance_stages(i, count, load);
    Accumulator scores;
    begin_products();
    times_transposed(scores, query, stages[i % kStages].tiles[0]);
    commit_products();
    add_times(out, p, stages[(i - 1) % kStages].tiles[1]);
    commit_products();
    finish_products<1>(scores);
    rows.mask(scores, rows.first_tile + i, -INFINITY);
    softmax.add(scores, rescale);
    finish_products<0>(out);
    each([&](int j, int r, int half, int) { out[j][r] *= rescale[half]; });
    round_to_operand(scores, p);
  }
  begin_products();
  add_times(out, p, stages[(own_count - 1) % kStages].tiles[1]);
  commit_products();
  finish_products<0>(out);
  for (int i = own_count; i < count; ++i) advance_stages(i, count, load);

  float factor[2];
  for (int half = 0; half < 2; ++half) {
    const float sum = quad_sum(softmax.sum[half]);
    factor[half] = 1.0F / sum;
    if (threadIdx.x % 4 == 0 && rows.t[half] < s.T)
      lse[s.row(place.b, place.head, rows.t[half])] = softmax.max[half] * s.scale + logf(sum);
  }
  store_rows(out, factor, y + (queries.data - q), queries.stride, place.warp_first, s.T, false);
}

// Row sums of a ⊙ b for the two rows of a thread.
__device__ void row_dots(const LeftOperand& a, const LeftOperand& b, float (&dots)[2]) {
  dots[0] = dots[1] = 0;
#pragma unroll
  for (int k = 0; k < 4; ++k)
#pragma unroll
    for (int r = 0; r < 4; ++r) {
      float a0, a1, b0, b1;
      unpack(a[k][r], a0, a1);
      unpack(b[k][r], b0, b1);
      dots[r % 2] += a0 * b0 + a1 * b1;
    }
  for (float& dot : dots) dot = quad_sum(dot);
}

// dq, if wanted, and delta [B, H, T] = dy · y. Scores of tile i + 1 are computed while tile i adds to dq.
__global__ void __launch_bounds__(kThreads)
    query_kernel(AttentionSizes s, const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const bf16* y,
                 const float* lse, float* delta, bf16* dq, bool add) {
  Stage* stages = aligned_shared<Stage>();
  const Place place(s.H, static_cast<int>(gridDim.y - 1 - blockIdx.y));
  const QueryRows rows(s, place);
  const int group = place.head / (s.H / s.G), count = rows.last_tile - rows.first_tile + 1;
  const int own_count = rows.own_last_tile - rows.first_tile + 1;
  const HeadRows queries(q, s, place.b, place.head, s.H), keys(k, s, place.b, group, s.G), values(v, s, place.b, group, s.G);
  const int64_t head = queries.data - q;
  const auto load = [&](int i, int stage) {
    const int first = (rows.first_tile + i) * kTile;
    load_tile<kThreads>(stages[stage].tiles[0], keys.data, keys.stride, first, s.T);
    load_tile<kThreads>(stages[stage].tiles[1], values.data, values.stride, first, s.T);
  };
  LeftOperand query, up, ds;
  load_operand(up, dy + head, queries.stride, place.warp_first, s.T);
  load_operand(query, y + head, queries.stride, place.warp_first, s.T);
  float product[2], log_sum[2] = {0, 0};
  row_dots(up, query, product);
  for (int half = 0; half < 2; ++half) {
    if (rows.t[half] >= s.T) continue;
    const int64_t row = s.row(place.b, place.head, rows.t[half]);
    log_sum[half] = lse[row] * kLog2E;
    if (threadIdx.x % 4 == 0) delta[row] = product[half];
  }
  if (dq == nullptr) return;
  load_operand(query, queries.data, queries.stride, place.warp_first, s.T);
  Accumulator out = {};
  const float c = s.scale * kLog2E;
  // Scores -> probabilities, before dp is there; then, with it, the scores' gradient.
  const auto probabilities = [&](Accumulator& scores, int tile) {
    each([&](int j, int r, int half, int) { scores[j][r] = exp2_fast(scores[j][r] * c - log_sum[half]); });
    rows.mask(scores, tile, 0.0F);
  };
  const auto gradient = [&](Accumulator& scores, const Accumulator& dp) {
    each([&](int j, int r, int half, int) { scores[j][r] *= dp[j][r] - product[half]; });
    round_to_operand(scores, ds);
  };

  fill_stages(count, load);
  {
    Accumulator scores, dp;
    begin_products();
    times_transposed(scores, query, stages[0].tiles[0]);
    times_transposed(dp, up, stages[0].tiles[1]);
    commit_products();
    finish_products<0>(scores, dp);
    probabilities(scores, rows.first_tile);
    gradient(scores, dp);
  }
  for (int i = 1; i < own_count; ++i) {
    advance_stages(i, count, load);
    const Stage &now = stages[i % kStages], &before = stages[(i - 1) % kStages];
    Accumulator scores, dp;
    begin_products();
    times_transposed(scores, query, now.tiles[0]);
    commit_products();
    add_times(out, ds, before.tiles[0]);
    times_transposed(dp, up, now.tiles[1]);
    commit_products();
    finish_products<1>(scores);
    probabilities(scores, rows.first_tile + i);
    finish_products<0>(dp, out);
    gradient(scores, dp);
  }
  begin_products();
  add_times(out, ds, stages[(own_count - 1) % kStages].tiles[0]);
  commit_products();
  finish_products<0>(out);
  for (int i = own_count; i < count; ++i) advance_stages(i, count, load);
  const float factor[2] = {s.scale, s.scale};
  store_rows(out, factor, dq + head, queries.stride, place.warp_first, s.T, add);
}

struct KeyStage {
  Stage tiles;  // queries and their upstream gradients
  Columns columns;
  uint8_t padding[1024 - sizeof(Columns)];  // stages stay aligned
};

// dk and dv, of which either may be null. Keys are rows here, so probabilities are transposed: [key, query].
__global__ void __launch_bounds__(kThreads)
    key_kernel(AttentionSizes s, const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse,
               const float* delta, bf16* dk, bool add_k, bf16* dv, bool add_v) {
  KeyStage* stages = aligned_shared<KeyStage>();
  const Place place(s.G, static_cast<int>(blockIdx.y));
  const HeadRows keys(k, s, place.b, place.head, s.G);
  const int64_t head = keys.data - k;
  LeftOperand key, value, p, ds;
  load_operand(key, keys.data, keys.stride, place.warp_first, s.T);
  load_operand(value, v + head, keys.stride, place.warp_first, s.T);

  const auto inside = [&](int row) { return min(row, s.T - 1); };
  int t[2], end[2];
  for (int i = 0; i < 2; ++i) {
    t[i] = place.warp_first + static_cast<int>(threadIdx.x) % kWarp / 4 + 8 * i;
    end[i] = t[i] < s.T ? s.segment_end(t[i]) : 0;
  }
  // Tiles of queries, head after head of the group.
  const int heads = s.H / s.G, first_tile = place.first / kTile;
  const int tiles = (s.segment_end(inside(place.first + kBlockRows - 1)) - 1) / kTile - first_tile + 1;
  const int count = heads * tiles, own_first_tile = place.own_first / kTile;
  const int full_until = place.own_first < s.T ? s.segment_end(place.own_first) : 0;  // queries that all own keys may serve
  const auto load = [&](int i, int stage) {
    const int h = place.head * heads + i / tiles, first = (first_tile + i % tiles) * kTile;
    const HeadRows queries(q, s, place.b, h, s.H);
    load_tile<kThreads>(stages[stage].tiles.tiles[0], queries.data, queries.stride, first, s.T);
    load_tile<kThreads>(stages[stage].tiles.tiles[1], dy + (queries.data - q), queries.stride, first, s.T);
    load_column(stages[stage].columns.lse, lse + s.row(place.b, h, 0), first, s.T, 0);
    load_column(stages[stage].columns.delta, delta + s.row(place.b, h, 0), first, s.T, kTile);
  };
  Accumulator out_k = {}, out_v = {};
  const float c = s.scale * kLog2E;
  const auto probabilities = [&](Accumulator& scores, int i) {
    const Columns& columns = stages[i % kStages].columns;
    const int tile = first_tile + i % tiles, first = tile * kTile;
    each([&](int j, int r, int, int column) {
      scores[j][r] = exp2_fast(scores[j][r] * c - columns.lse[column] * kLog2E);
    });
    if (tile > own_first_tile && first + kTile <= full_until) return;
    each([&](int j, int r, int half, int column) {
      const int query = first + column;
      if (query < t[half] || query >= end[half]) scores[j][r] = 0;
    });
  };
  const auto gradient = [&](Accumulator& scores, const Accumulator& dp, int i) {
    round_to_operand(scores, p);
    const Columns& columns = stages[i % kStages].columns;
    each([&](int j, int r, int, int column) { scores[j][r] *= dp[j][r] - columns.delta[column]; });
    round_to_operand(scores, ds);
  };

  fill_stages(count, load);
  {
    Accumulator scores, dp;
    begin_products();
    times_transposed(scores, key, stages[0].tiles.tiles[0]);
    times_transposed(dp, value, stages[0].tiles.tiles[1]);
    commit_products();
    finish_products<0>(scores, dp);
    probabilities(scores, 0);
    gradient(scores, dp, 0);
  }
  for (int i = 1; i < count; ++i) {
    advance_stages(i, count, load);
    const Stage &now = stages[i % kStages].tiles, &before = stages[(i - 1) % kStages].tiles;
    Accumulator scores, dp;
    begin_products();
    times_transposed(scores, key, now.tiles[0]);
    commit_products();
    add_times(out_v, p, before.tiles[1]);
    add_times(out_k, ds, before.tiles[0]);
    times_transposed(dp, value, now.tiles[1]);
    commit_products();
    finish_products<1>(scores);
    probabilities(scores, i);
    finish_products<0>(dp, out_v, out_k);
    gradient(scores, dp, i);
  }
  begin_products();
  add_times(out_v, p, stages[(count - 1) % kStages].tiles.tiles[1]);
  add_times(out_k, ds, stages[(count - 1) % kStages].tiles.tiles[0]);
  commit_products();
  finish_products<0>(out_v, out_k);
  const float scale[2] = {s.scale, s.scale}, one[2] = {1.0F, 1.0F};
  if (dk != nullptr) store_rows(out_k, scale, dk + head, keys.stride, place.warp_first, s.T, add_k);
  if (dv != nullptr) store_rows(out_v, one, dv + head, keys.stride, place.warp_first, s.T, add_v);
}

constexpr int kQueryShared = kStages * sizeof(Stage) + 1024, kKeyShared = kStages * sizeof(KeyStage) + 1024;

dim3 grid_for(const AttentionSizes& s, int heads) {
  return {static_cast<unsigned>(s.B * heads), static_cast<unsigned>((s.T + kBlockRows - 1) / kBlockRows)};
}

// More than 48 KiB of shared memory must be asked for, once per kernel and GPU; asking again is cheap.
template <class Kernel>
void allow_shared(Kernel kernel, int bytes) {
  cuda_check(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes), "attention");
}

}  // namespace

void FlashAttention::forward(Context& ctx, const AttentionSizes& s, const Tensor& q, const Tensor& k, const Tensor& v,
                             const Tensor& y, const Tensor& lse) {
  const cudaStream_t queue = work_queue(ctx);
  allow_shared(forward_kernel, kQueryShared);
  forward_kernel<<<grid_for(s, s.H), kThreads, kQueryShared, queue>>>(s, pointer<bf16>(q), pointer<bf16>(k),
                                                                      pointer<bf16>(v), pointer<bf16>(y),
                                                                      pointer<float>(lse));
  launched("attention");
}

void FlashAttention::backward(Context& ctx, const AttentionSizes& s, const Tensor& dy, const Tensor& q, const Tensor& k,
                              const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq, GradTarget dk,
                              GradTarget dv) {
  const cudaStream_t queue = work_queue(ctx);
  const ArenaScope scope(ctx.scratch());
  const Tensor delta = ctx.scratch().alloc(lse.shape, DType::f32);
  allow_shared(query_kernel, kQueryShared);
  query_kernel<<<grid_for(s, s.H), kThreads, kQueryShared, queue>>>(
      s, pointer<bf16>(dy), pointer<bf16>(q), pointer<bf16>(k), pointer<bf16>(v), pointer<bf16>(y), pointer<float>(lse),
      pointer<float>(delta), pointer<bf16>(dq.tensor), dq.add);
  if (dk.wanted() || dv.wanted()) {
    allow_shared(key_kernel, kKeyShared);
    key_kernel<<<grid_for(s, s.G), kThreads, kKeyShared, queue>>>(
        s, pointer<bf16>(dy), pointer<bf16>(q), pointer<bf16>(k), pointer<bf16>(v), pointer<float>(lse),
        pointer<float>(delta), pointer<bf16>(dk.tensor), dk.add, pointer<bf16>(dv.tensor), dv.add);
  }
  launched("attention");
}

}  // namespace pgolf
