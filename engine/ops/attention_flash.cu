// Causal attention in one pass over the keys (Dao et al. 2022, 2023), heads of 64. Two warpgroups of a block own 64 rows
// each (queries in the first two kernels, keys in the third) and read tiles of 64 of the other side through shared memory,
// three stages deep. A head's scores never leave registers: as accumulators they are laid out as the next product's left
// operand.
#include "engine/ops/attention_cuda.cuh"
#include "engine/ops/attention_tiles.cuh"

namespace pgolf {
namespace {

constexpr int kThreads = 2 * kWarpgroup;
constexpr int kBlockRows = 2 * kTile;
constexpr int kStages = 3;
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

  // Whether a tile holds keys that some of the warpgroup's rows must not see.
  __device__ bool masked(int tile) const { return segmented || (tile + 1) * kTile > own_first_t; }
  __device__ bool sees(int i, int key) const { return key <= t[i] && key >= start[i]; }
};

// Runs body(tile, stage) for the block's tiles, each loaded two tiles ahead.
template <class Load, class Body>
__device__ void for_tiles(int first, int last, Load load, Body body) {
  for (int ahead = 0; ahead < kStages - 1; ++ahead) {
    if (first + ahead <= last) load(first + ahead, ahead);
    commit_loads();
  }
  int stage = 0;
  for (int tile = first; tile <= last; ++tile) {
    wait_for_loads<kStages - 2>();
    const int next = tile + kStages - 1;
    if (next <= last) load(next, (stage + kStages - 1) % kStages);
    commit_loads();
    body(tile, stage);
    stage = (stage + 1) % kStages;
  }
}

__global__ void __launch_bounds__(kThreads, 2)
    forward_kernel(AttentionSizes s, const bf16* q, const bf16* k, const bf16* v, bf16* y, float* lse) {
  Stage* stages = aligned_shared<Stage>();
  const Place place(s.H, static_cast<int>(gridDim.y - 1 - blockIdx.y));
  const QueryRows rows(s, place);
  const int group = place.head / (s.H / s.G);
  const HeadRows queries(q, s, place.b, place.head, s.H), keys(k, s, place.b, group, s.G), values(v, s, place.b, group, s.G);
  LeftOperand query, p;
  load_operand(query, queries.data, queries.stride, place.warp_first, s.T);
  Accumulator out = {}, scores;
  float max[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0};
  const float c = s.scale * kLog2E;  // exponentials are powers of two

  for_tiles(
      rows.first_tile, rows.last_tile,
      [&](int tile, int stage) {
        load_tile<kThreads>(stages[stage].tiles[0], keys.data, keys.stride, tile * kTile, s.T);
        load_tile<kThreads>(stages[stage].tiles[1], values.data, values.stride, tile * kTile, s.T);
      },
      [&](int tile, int stage) {
        if (tile > rows.own_last_tile) return;
        begin_products();
        times_transposed(scores, query, stages[stage].tiles[0], false);
        commit_products();
        finish_products<0>(scores);
        if (rows.masked(tile))
          each([&](int j, int r, int i, int column) {
            if (!rows.sees(i, tile * kTile + column)) scores[j][r] = -INFINITY;
          });
        float top[2] = {max[0], max[1]};
        each([&](int j, int r, int i, int) { top[i] = fmaxf(top[i], scores[j][r]); });
        float rescale[2], offset[2];
        for (int i = 0; i < 2; ++i) {
          top[i] = quad_max(top[i]);
          offset[i] = top[i] == -INFINITY ? 0 : top[i] * c;  // a row may have seen no key yet
          rescale[i] = exp2_fast(max[i] * c - offset[i]);
          sum[i] *= rescale[i];
          max[i] = top[i];
        }
        each([&](int j, int r, int i, int) {
          scores[j][r] = exp2_fast(scores[j][r] * c - offset[i]);
          sum[i] += scores[j][r];
          out[j][r] *= rescale[i];
        });
        round_to_operand(scores, p);
        begin_products();
        times(out, p, stages[stage].tiles[1], true);
        commit_products();
        finish_products<0>(out);
      });

  float factor[2];
  for (int i = 0; i < 2; ++i) {
    sum[i] = quad_sum(sum[i]);
    factor[i] = 1.0F / sum[i];
    if (threadIdx.x % 4 == 0 && rows.t[i] < s.T)
      lse[s.row(place.b, place.head, rows.t[i])] = max[i] * s.scale + logf(sum[i]);
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

// dq, if wanted, and delta [B, H, T] = dy · y.
__global__ void __launch_bounds__(kThreads)
    query_kernel(AttentionSizes s, const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const bf16* y,
                 const float* lse, float* delta, bf16* dq, bool add) {
  Stage* stages = aligned_shared<Stage>();
  const Place place(s.H, static_cast<int>(gridDim.y - 1 - blockIdx.y));
  const QueryRows rows(s, place);
  const int group = place.head / (s.H / s.G);
  const HeadRows queries(q, s, place.b, place.head, s.H), keys(k, s, place.b, group, s.G), values(v, s, place.b, group, s.G);
  const int64_t head = queries.data - q;
  LeftOperand query, up, ds;
  load_operand(up, dy + head, queries.stride, place.warp_first, s.T);
  load_operand(query, y + head, queries.stride, place.warp_first, s.T);
  float product[2], log_sum[2] = {0, 0};
  row_dots(up, query, product);
  for (int i = 0; i < 2; ++i) {
    if (rows.t[i] >= s.T) continue;
    const int64_t row = s.row(place.b, place.head, rows.t[i]);
    log_sum[i] = lse[row] * kLog2E;
    if (threadIdx.x % 4 == 0) delta[row] = product[i];
  }
  if (dq == nullptr) return;
  load_operand(query, queries.data, queries.stride, place.warp_first, s.T);
  Accumulator out = {}, scores, dp;
  const float c = s.scale * kLog2E;

  for_tiles(
      rows.first_tile, rows.last_tile,
      [&](int tile, int stage) {
        load_tile<kThreads>(stages[stage].tiles[0], keys.data, keys.stride, tile * kTile, s.T);
        load_tile<kThreads>(stages[stage].tiles[1], values.data, values.stride, tile * kTile, s.T);
      },
      [&](int tile, int stage) {
        if (tile > rows.own_last_tile) return;
        begin_products();
        times_transposed(scores, query, stages[stage].tiles[0], false);
        commit_products();
        times_transposed(dp, up, stages[stage].tiles[1], false);
        commit_products();
        finish_products<1>(scores);
        each([&](int j, int r, int i, int) { scores[j][r] = exp2_fast(scores[j][r] * c - log_sum[i]); });
        if (rows.masked(tile))
          each([&](int j, int r, int i, int column) {
            if (!rows.sees(i, tile * kTile + column)) scores[j][r] = 0;
          });
        finish_products<0>(dp);
        each([&](int j, int r, int i, int) { scores[j][r] *= dp[j][r] - product[i]; });
        round_to_operand(scores, ds);
        begin_products();
        times(out, ds, stages[stage].tiles[0], true);
        commit_products();
        finish_products<0>(out);
      });
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
  const int own_first_tile = place.own_first / kTile, own_end = s.segment_end(inside(place.own_first + kTile - 1));
  const int full_until = place.own_first < s.T ? s.segment_end(place.own_first) : 0;  // queries that all own keys may serve
  Accumulator out_k = {}, out_v = {}, scores, dp;
  const float c = s.scale * kLog2E;

  for_tiles(
      0, heads * tiles - 1,
      [&](int i, int stage) {
        const int h = place.head * heads + i / tiles, first = (first_tile + i % tiles) * kTile;
        const HeadRows queries(q, s, place.b, h, s.H);
        load_tile<kThreads>(stages[stage].tiles.tiles[0], queries.data, queries.stride, first, s.T);
        load_tile<kThreads>(stages[stage].tiles.tiles[1], dy + (queries.data - q), queries.stride, first, s.T);
        load_column(stages[stage].columns.lse, lse + s.row(place.b, h, 0), first, s.T, 0);
        load_column(stages[stage].columns.delta, delta + s.row(place.b, h, 0), first, s.T, kTile);
      },
      [&](int i, int stage) {
        const int tile = first_tile + i % tiles, first = tile * kTile;
        if (tile < own_first_tile || first >= own_end) return;
        const Stage& in = stages[stage].tiles;
        const Columns& columns = stages[stage].columns;
        begin_products();
        times_transposed(scores, key, in.tiles[0], false);
        commit_products();
        times_transposed(dp, value, in.tiles[1], false);
        commit_products();
        finish_products<1>(scores);
        each([&](int j, int r, int, int column) {
          scores[j][r] = exp2_fast(scores[j][r] * c - columns.lse[column] * kLog2E);
        });
        if (tile == own_first_tile || first + kTile > full_until)
          each([&](int j, int r, int i, int column) {
            const int query = first + column;
            if (query < t[i] || query >= end[i]) scores[j][r] = 0;
          });
        round_to_operand(scores, p);
        finish_products<0>(dp);
        begin_products();
        times(out_v, p, in.tiles[1], true);
        commit_products();
        each([&](int j, int r, int, int column) { scores[j][r] *= dp[j][r] - columns.delta[column]; });
        round_to_operand(scores, ds);
        begin_products();
        times(out_k, ds, in.tiles[0], true);
        commit_products();
        finish_products<0>(out_v, out_k);
      });
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
