#include "engine/ops/attention_flash.cuh"

namespace pgolf {
namespace {

using namespace flash;

// A block is one warpgroup: two share a multiprocessor, and one computes probabilities while the other multiplies.
constexpr int kThreads = kWarpgroup, kRows = kTile, kBlocks = 2;

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

// What the gradient of a thread's two rows of queries needs besides tiles.
struct RowTerms {
  float c;                                // scale · log2(e): exponentials are powers of two
  float product[2], log_sum[2] = {0, 0};  // dy · y, and the log-sum-exp in powers of two

  // Writes the products into delta [B, H, T].
  __device__ RowTerms(const AttentionSizes& s, const Place& place, const QueryRows& rows, const LeftOperand& dy,
                      const LeftOperand& y, const float* lse, float* delta)
      : c(s.scale * kLog2E) {
    row_dots(dy, y, product);
    for (int half = 0; half < 2; ++half) {
      if (rows.t[half] >= s.T) continue;
      const int64_t row = s.row(place.b, place.head, rows.t[half]);
      log_sum[half] = lse[row] * kLog2E;
      if (threadIdx.x % 4 == 0) delta[row] = product[half];
    }
  }

  // Scores -> probabilities, before dp is there.
  __device__ void probabilities(Accumulator& scores, const QueryRows& rows, int tile) const {
    each([&](int j, int r, int half, int) { scores[j][r] = exp2_fast(scores[j][r] * c - log_sum[half]); });
    rows.mask(scores, tile, 0.0F);
  }

  // Probabilities -> the scores' gradient, with dp.
  __device__ void gradient(Accumulator& scores, const Accumulator& dp, LeftOperand& ds) const {
    each([&](int j, int r, int half, int) { scores[j][r] *= dp[j][r] - product[half]; });
    round_to_operand(scores, ds);
  }
};

// dq, if wanted, and delta [B, H, T] = dy · y. Scores of tile i + 1 are computed while tile i adds to dq.
__global__ void __launch_bounds__(kThreads, kBlocks)
    query_kernel(AttentionSizes s, const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const bf16* y,
                 const float* lse, float* delta, bf16* dq, bool add) {
  Stage* stages = aligned_shared<Stage>();
  const Place place(s.H, static_cast<int>(gridDim.y - 1 - blockIdx.y), kRows);
  const QueryRows rows(s, place);
  const int group = place.head / (s.H / s.G), count = rows.last_tile - rows.first_tile + 1;
  const HeadRows queries(q, s, place.b, place.head, s.H), keys(k, s, place.b, group, s.G), values(v, s, place.b, group);
  const int64_t head = queries.data - q;
  const auto load = [&](int i, int stage) {
    const int first = (rows.first_tile + i) * kTile;
    load_tile<kThreads>(stages[stage].tiles[0], keys.data, keys.stride, first, s.T);
    load_tile<kThreads>(stages[stage].tiles[1], values.data, values.stride, first, s.T);
  };
  LeftOperand query, up, ds;
  load_operand(up, dy + head, queries.stride, place.warp_first, s.T);
  load_operand(query, y + head, queries.stride, place.warp_first, s.T);
  const RowTerms terms(s, place, rows, up, query, lse, delta);
  if (dq == nullptr) return;
  load_operand(query, queries.data, queries.stride, place.warp_first, s.T);
  Accumulator out = {};

  fill_stages(count, load);
  {
    Accumulator scores, dp;
    times_transposed(scores, query, stages[0].tiles[0]);
    times_transposed(dp, up, stages[0].tiles[1]);
    terms.probabilities(scores, rows, rows.first_tile);
    terms.gradient(scores, dp, ds);
  }
  for (int i = 1; i < count; ++i) {
    await_tile();
    const Stage &now = stages[i % kStages], &before = stages[(i - 1) % kStages];
    Accumulator scores, dp;
    times_transposed(scores, query, now.tiles[0]);
    add_times(out, ds, before.tiles[0]);
    times_transposed(dp, up, now.tiles[1]);
    load_ahead(i, count, load);
    terms.probabilities(scores, rows, rows.first_tile + i);
    terms.gradient(scores, dp, ds);
  }
  add_times(out, ds, stages[(count - 1) % kStages].tiles[0]);
  const float factor[2] = {s.scale, s.scale};
  store_rows(out, factor, dq + head, queries.stride, place.warp_first, s.T, add);
}

// body(block, pair of columns in the tile) for every pair of columns this thread holds.
template <class Body>
__device__ void each_pair(Body body) {
#pragma unroll
  for (int j = 0; j < 8; ++j) body(j, 4 * j + static_cast<int>(threadIdx.x) % 4);
}

// The key kernel's columns, of the queries of a tile, two by two as an accumulator holds them.
struct Columns {
  float2 lse[kTile / 2], delta[kTile / 2];

  // Scores -> probabilities.
  __device__ void probabilities(Accumulator& scores, float c) const {
    each_pair([&](int j, int pair) {
      const float2 both = lse[pair];
      const float offset[2] = {both.x * kLog2E, both.y * kLog2E};
      for (int r = 0; r < 4; ++r) scores[j][r] = exp2_fast(scores[j][r] * c - offset[r % 2]);
    });
  }

  // Probabilities -> p, the operand for dv, and the scores' gradient ds, that for dk.
  __device__ void gradient(Accumulator& scores, const Accumulator& dp, LeftOperand& p, LeftOperand& ds) const {
    round_to_operand(scores, p);
    each_pair([&](int j, int pair) {
      const float2 both = delta[pair];
      for (int r = 0; r < 4; ++r) scores[j][r] *= dp[j][r] - (r % 2 == 0 ? both.x : both.y);
    });
    round_to_operand(scores, ds);
  }
};

struct KeyStage {
  Stage tiles;  // queries and their upstream gradients
  Columns columns;
  uint8_t padding[1024 - sizeof(Columns)];  // stages stay aligned
};

// The two key rows of a thread, and the tiles of queries that a block of keys reads.
struct KeyRows {
  int t[2], end[2];                // positions, and the first query that each does not serve
  int first_tile, tiles;           // of queries, for each head of the group
  int own_first_tile, full_until;  // full_until: queries before it may serve all own keys

  __device__ KeyRows(const AttentionSizes& s, const Place& place) {
    const auto inside = [&](int row) { return min(row, s.T - 1); };
    for (int i = 0; i < 2; ++i) {
      t[i] = place.warp_first + static_cast<int>(threadIdx.x) % kWarp / 4 + 8 * i;
      end[i] = t[i] < s.T ? s.segment_end(t[i]) : 0;
    }
    first_tile = place.first / kTile;
    tiles = (s.segment_end(inside(place.end - 1)) - 1) / kTile - first_tile + 1;
    own_first_tile = place.own_first / kTile;
    full_until = place.own_first < s.T ? s.segment_end(place.own_first) : 0;
  }

  // Zeros where a key must not serve a query of the tile.
  __device__ void mask(Accumulator& scores, int tile) const {
    const int first = tile * kTile;
    if (tile > own_first_tile && first + kTile <= full_until) return;
    each([&](int j, int r, int half, int column) {
      const int query = first + column;
      if (query < t[half] || query >= end[half]) scores[j][r] = 0;
    });
  }
};

// Tiles of queries, head after head of the group.
struct Walk {
  int head, tile, tiles;
  __device__ int next_tile() {  // returns the present one
    const int present = tile;
    if (++tile == tiles) tile = 0, ++head;
    return present;
  }
};

// Starts loading a tile of a head's queries, with their upstream gradients and columns.
__device__ void load_queries(KeyStage& stage, const AttentionSizes& s, int b, int head, int first, const bf16* dy,
                             const bf16* q, const float* lse, const float* delta) {
  const HeadRows queries(q, s, b, head, s.H);
  load_tile<kThreads>(stage.tiles.tiles[0], queries.data, queries.stride, first, s.T);
  load_tile<kThreads>(stage.tiles.tiles[1], dy + (queries.data - q), queries.stride, first, s.T);
  load_column(&stage.columns.lse[0].x, lse + s.row(b, head, 0), first, s.T, 0);
  load_column(&stage.columns.delta[0].x, delta + s.row(b, head, 0), first, s.T, kTile);
}

// dk and dv, of which either may be null. Keys are rows here, so probabilities are transposed: [key, query].
__global__ void __launch_bounds__(kThreads, kBlocks)
    key_kernel(AttentionSizes s, const bf16* dy, const bf16* q, const bf16* k, const bf16* v, const float* lse,
               const float* delta, bf16* dk, bool add_k, bf16* dv, bool add_v) {
  KeyStage* stages = aligned_shared<KeyStage>();
  const Place place(s.G, static_cast<int>(blockIdx.y), kRows);
  const HeadRows keys(k, s, place.b, place.head, s.G), values(v, s, place.b, place.head);
  const int64_t head = keys.data - k;
  LeftOperand key, value, p, ds;
  load_operand(key, keys.data, keys.stride, place.warp_first, s.T);
  load_operand(value, values.data, values.stride, place.warp_first, s.T);

  const KeyRows rows(s, place);
  const int heads = s.H / s.G, count = heads * rows.tiles;
  Walk loaded{place.head * heads, 0, rows.tiles}, computed = loaded;
  const auto load = [&](int, int stage) {
    const int h = loaded.head, first = (rows.first_tile + loaded.next_tile()) * kTile;
    load_queries(stages[stage], s, place.b, h, first, dy, q, lse, delta);
  };
  Accumulator out_k = {}, out_v = {};
  const float c = s.scale * kLog2E;

  fill_stages(count, load);
  {
    Accumulator scores, dp;
    times_transposed(scores, key, stages[0].tiles.tiles[0]);
    times_transposed(dp, value, stages[0].tiles.tiles[1]);
    stages[0].columns.probabilities(scores, c);
    rows.mask(scores, rows.first_tile + computed.next_tile());
    stages[0].columns.gradient(scores, dp, p, ds);
  }
  for (int i = 1; i < count; ++i) {
    await_tile();
    const Stage &now = stages[i % kStages].tiles, &before = stages[(i - 1) % kStages].tiles;
    Accumulator scores, dp;
    times_transposed(scores, key, now.tiles[0]);
    add_times(out_v, p, before.tiles[1]);
    add_times(out_k, ds, before.tiles[0]);
    times_transposed(dp, value, now.tiles[1]);
    load_ahead(i, count, load);
    stages[i % kStages].columns.probabilities(scores, c);
    rows.mask(scores, rows.first_tile + computed.next_tile());
    stages[i % kStages].columns.gradient(scores, dp, p, ds);
  }
  add_times(out_v, p, stages[(count - 1) % kStages].tiles.tiles[1]);
  add_times(out_k, ds, stages[(count - 1) % kStages].tiles.tiles[0]);
  const float scale[2] = {s.scale, s.scale}, one[2] = {1.0F, 1.0F};
  if (dk != nullptr) store_rows(out_k, scale, dk + head, keys.stride, place.warp_first, s.T, add_k);
  if (dv != nullptr) store_rows(out_v, one, dv + (values.data - v), values.stride, place.warp_first, s.T, add_v);
}

}  // namespace

void FlashAttention::backward(Context& ctx, const AttentionSizes& s, const Tensor& dy, const Tensor& q, const Tensor& k,
                              const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq, GradTarget dk,
                              GradTarget dv) {
  const cudaStream_t queue = work_queue(ctx);
  const ArenaScope scope(ctx.scratch());
  const Tensor delta = ctx.scratch().alloc(lse.shape, DType::f32);
  const int query_shared = allow_stages<Stage>(query_kernel);
  query_kernel<<<grid_for(s, s.H, kRows), kThreads, query_shared, queue>>>(
      s, pointer<bf16>(dy), pointer<bf16>(q), pointer<bf16>(k), first<bf16>(v), pointer<bf16>(y), pointer<float>(lse),
      pointer<float>(delta), pointer<bf16>(dq.tensor), dq.add);
  if (dk.wanted() || dv.wanted()) {
    const int key_shared = allow_stages<KeyStage>(key_kernel);
    key_kernel<<<grid_for(s, s.G, kRows), kThreads, key_shared, queue>>>(
        s, pointer<bf16>(dy), pointer<bf16>(q), pointer<bf16>(k), first<bf16>(v), pointer<float>(lse),
        pointer<float>(delta), pointer<bf16>(dk.tensor), dk.add, first<bf16>(dv.tensor), dv.add);
  }
  launched("attention");
}

}  // namespace pgolf
