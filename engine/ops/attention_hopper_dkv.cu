#include "engine/ops/attention_hopper_backward.cuh"

namespace pgolf::hopper {
namespace {

constexpr int kWarpgroups = 3, kStages = 7;
constexpr int kThreads = (kWarpgroups + 1) * kWarpgroup;

struct Shared {
  bf16 own[2][kWarpgroups][2][kTileElements];  // keys and values, of an item and the next
  bf16 tiles[kStages][2][kTileElements];       // queries and their upstream gradients
  Term terms[kStages][kTile];                  // of the queries
  Ring<2> own_ring;
  Ring<kStages> ring;
};
constexpr int kStageBytes = sizeof Shared::tiles[0] + sizeof Shared::terms[0];

// 64 key rows for each warpgroup, and the tiles of queries that they serve.
struct KeyItem {
  int b, group, first_unit, units;
  int first_tile, last_tile;  // of queries, for each head of the group

  __device__ KeyItem(const AttentionSizes& s, const Items& items, int item) {
    int rank;
    items.place(item, group, rank);
    b = group / s.G, group %= s.G;
    units = (s.T + kTile - 1) / kTile;
    first_unit = rank * kWarpgroups;
    first_tile = first_unit;
    last_tile = (s.segment_end(min((tile(kWarpgroups - 1) + 1) * kTile, s.T) - 1) - 1) / kTile;
  }
  // A warpgroup after the last unit repeats that, and stores nothing.
  __device__ bool live(int warpgroup) const { return first_unit + warpgroup < units; }
  __device__ int tile(int warpgroup) const { return min(first_unit + warpgroup, units - 1); }
};

__device__ void produce(Shared& shared, const BackwardMaps& maps, const AttentionSizes& s, const Items& items,
                        const Term* terms) {
  const int heads = s.H / s.G;
  Cursor<2> own;
  Cursor<kStages> at;
  for (int round = 0, i = 0; items.assign(round, i); ++round) {
    const KeyItem item(s, items, i);
    Barrier& keys = shared.own_ring.acquire(own, sizeof shared.own[0]);
    for (int w = 0; w < kWarpgroups; ++w) {
      keys.load_tile(shared.own[own.stage][w][0], maps.k, item.b, item.tile(w) * kTile, item.group);
      keys.load_tile(shared.own[own.stage][w][1], maps.v, item.b, item.tile(w) * kTile, item.group);
    }
    own.advance();
    for (int head = item.group * heads; head < (item.group + 1) * heads; ++head)
      for (int tile = item.first_tile; tile <= item.last_tile; ++tile, at.advance()) {
        Barrier& arrived = shared.ring.acquire(at, kStageBytes);
        arrived.load_tile(shared.tiles[at.stage][0], maps.q, item.b, tile * kTile, head);
        arrived.load_tile(shared.tiles[at.stage][1], maps.dy, item.b, tile * kTile, head);
        arrived.load_bytes(shared.terms[at.stage], terms + first_term(s, item.b, head) + tile * kTile,
                           sizeof shared.terms[0]);
      }
  }
}

// The two key rows of a thread, and the queries that its warpgroup's rows serve.
struct KeyRows {
  int t[2], end[2];           // positions, and the first query that each does not serve
  int first_tile, last_tile;  // of queries
  int full_until;             // tiles from the second to the one before it serve all own keys

  __device__ KeyRows(const AttentionSizes& s, int tile) : first_tile(tile) {
    const auto end_of = [&](int row) { return s.segment_end(min(row, s.T - 1)); };
    for (int i = 0; i < 2; ++i) {
      t[i] = tile * kTile + thread_row() + 8 * i;
      end[i] = t[i] < s.T ? end_of(t[i]) : 0;
    }
    last_tile = uniform((end_of(tile * kTile + kTile - 1) - 1) / kTile);
    full_until = uniform(end_of(tile * kTile) / kTile);
  }

  // Zeros where a key must not serve a query of the tile.
  __device__ void mask(Accumulator& scores, int tile) const {
    each([&](int j, int r, int half, int column) {
      const int query = tile * kTile + column;
      if (query < t[half] || query >= end[half]) scores[j][r] = 0;
    });
  }
};

// body(block, terms of two neighbouring queries) for every pair of columns this thread holds.
template <class Body>
__device__ void each_pair(const Term* terms, Body body) {
  const float4* pairs = reinterpret_cast<const float4*>(terms) + threadIdx.x % 4;
#pragma unroll
  for (int j = 0; j < 8; ++j) body(j, pairs[4 * j]);
}

// Scores -> probabilities. Keys are rows here, so they are transposed: [key, query].
__device__ void probabilities(Accumulator& scores, const Term* terms, float c) {
  each_pair(terms, [&](int j, float4 both) {
    for (int r = 0; r < 4; ++r) scores[j][r] = exp2_fast(scores[j][r] * c - (r % 2 == 0 ? both.x : both.z));
  });
}
// Probabilities -> the scores' gradient ds, the operand for dk.
__device__ void gradient(Accumulator& scores, const Accumulator& dp, const Term* terms, LeftOperand& ds) {
  each_pair(terms, [&](int j, float4 both) {
    for (int r = 0; r < 4; ++r) scores[j][r] *= dp[j][r] - (r % 2 == 0 ? both.y : both.w);
  });
  round_to_operand(scores, ds);
}

// What follows the scores of a tile: dp, the tile's part of dv, and ds.
template <class Mask>
__device__ void add_values(const bf16 (&tiles)[2][kTileElements], const Term* terms, const bf16* value, float c,
                           Accumulator& scores, Mask mask, Accumulator& out_v, LeftOperand& ds) {
  LeftOperand p;
  Accumulator dp;
  begin_products();
  times_transposed(dp, value, tiles[1]);
  commit_products();
  probabilities(scores, terms, c);
  mask();
  round_to_operand(scores, p);
  begin_products();
  add_times(out_v, p, tiles[1]);
  commit_products();
  finish_products<1>(dp);
  gradient(scores, dp, terms, ds);
  finish_products<0>(out_v);
}

// One head of an item for this warpgroup. Three of them share a multiprocessor, which leaves each the registers of two
// products beside the two sums; so a tile's part of dk is computed beside the scores of the next, and dp beside
// exponentials.
__device__ void add_up(Shared& shared, Reader<kStages>& reader, const bf16 (&own)[2][kTileElements],
                       const KeyRows& rows, float c, Accumulator& out_k, Accumulator& out_v) {
  LeftOperand ds;
  Accumulator scores;
  int now = reader.next();
  begin_products();
  times_transposed(scores, own[0], shared.tiles[now][0]);
  commit_products();
  finish_products<0>(scores);
  add_values(
      shared.tiles[now], shared.terms[now], own[1], c, scores, [&] { rows.mask(scores, rows.first_tile); }, out_v, ds);
  for (int tile = rows.first_tile + 1; tile <= rows.last_tile; ++tile) {
    const int before = now;
    now = reader.next();
    begin_products();
    add_times(out_k, ds, shared.tiles[before][0]);
    times_transposed(scores, own[0], shared.tiles[now][0]);
    commit_products();
    finish_products<0>(scores, out_k);
    reader.release(before);
    const auto mask = [&] {
      if (tile >= rows.full_until) rows.mask(scores, tile);
    };
    add_values(shared.tiles[now], shared.terms[now], own[1], c, scores, mask, out_v, ds);
  }
  begin_products();
  add_times(out_k, ds, shared.tiles[now][0]);
  commit_products();
  finish_products<0>(out_k);
  reader.release(now);
}

__device__ void consume(Shared& shared, const AttentionSizes& s, const Items& items, bf16* dk, bool add_k, bf16* dv,
                        bool add_v) {
  const int warpgroup = warpgroup_index();
  const int64_t stride = static_cast<int64_t>(s.G) * kTile;
  Cursor<2> own;
  Reader<kStages> reader(shared.ring);
  for (int round = 0, i = 0; items.assign(round, i); ++round) {
    const KeyItem item(s, items, i);
    const KeyRows rows(s, item.tile(warpgroup));
    Accumulator out_k = {}, out_v = {};
    shared.own_ring.await(own);
    for (int head = 0; head < s.H / s.G; ++head) {
      reader.skip(rows.first_tile - item.first_tile);
      add_up(shared, reader, shared.own[own.stage][warpgroup], rows, s.scale * kLog2E, out_k, out_v);
      reader.skip(item.last_tile - rows.last_tile);
    }
    shared.own_ring.release(own.stage);
    own.advance();
    if (!item.live(warpgroup)) continue;
    const float scale[2] = {s.scale, s.scale}, one[2] = {1.0F, 1.0F};
    const int64_t at = s.at(item.b, 0, item.group, s.G);
    const int row = rows.first_tile * kTile + warp_row();
    if (dk != nullptr) store_rows(out_k, scale, dk + at, stride, row, s.T, add_k);
    if (dv != nullptr) store_rows(out_v, one, dv + s.value_at(item.b, 0, item.group), s.value_stride, row, s.T, add_v);
  }
}

__global__ void __launch_bounds__(kThreads, 1)
    dkv_kernel(const __grid_constant__ BackwardMaps maps, AttentionSizes s, Items items, const Term* terms, bf16* dk,
               bool add_k, bf16* dv, bool add_v) {
  if (!kKnown) return;
  Shared& shared = *aligned_shared<Shared>();
  if (threadIdx.x == 0) {
    shared.own_ring.init(kWarpgroups * 4);
    shared.ring.init(kWarpgroups * 4);
  }
  __syncthreads();
  if (threadIdx.x >= kWarpgroups * kWarpgroup) {
    give_registers<32>();
    if (threadIdx.x == kWarpgroups * kWarpgroup) produce(shared, maps, s, items, terms);
  } else {
    take_registers<160>();
    consume(shared, s, items, dk, add_k, dv, add_v);
  }
}

}  // namespace

void keys_backward(Context& ctx, const AttentionSizes& s, const BackwardMaps& maps, const Tensor& terms, GradTarget dk,
                   GradTarget dv) {
  const Items items(s, tiles_of(s), kWarpgroups);
  launch<Shared>(ctx, dkv_kernel, backward_blocks(ctx, s, items), kThreads, maps, s, items,
                 reinterpret_cast<const Term*>(pointer<float>(terms)), pointer<bf16>(dk.tensor), dk.add,
                 first<bf16>(dv.tensor), dv.add);
}

}  // namespace pgolf::hopper
