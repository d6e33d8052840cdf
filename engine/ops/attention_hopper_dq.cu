#include "engine/ops/attention_hopper_backward.cuh"

namespace pgolf::hopper {
namespace {

constexpr int kWarpgroups = 3, kStages = 8;
constexpr int kThreads = (kWarpgroups + 1) * kWarpgroup;

struct Shared {
  bf16 own[2][kWarpgroups][2][kTileElements];  // queries and their upstream gradients, of an item and the next
  bf16 tiles[kStages][2][kTileElements];       // keys and values
  Ring<2> own_ring;
  Ring<kStages> ring;
};

__device__ void produce(Shared& shared, const BackwardMaps& maps, const AttentionSizes& s, const Items& items) {
  Cursor<2> own;
  Cursor<kStages> at;
  for (int round = 0, i = 0; items.assign(round, i); ++round) {
    const QueryItem item(s, items, i, kWarpgroups);
    Barrier& queries = shared.own_ring.acquire(own, sizeof shared.own[0]);
    for (int w = 0; w < kWarpgroups; ++w) {
      queries.load_tile(shared.own[own.stage][w][0], maps.q, item.b, item.tile(w) * kTile, item.head(w));
      queries.load_tile(shared.own[own.stage][w][1], maps.dy, item.b, item.tile(w) * kTile, item.head(w));
    }
    own.advance();
    for (int tile = item.last_tile; tile >= item.first_tile; --tile, at.advance()) {
      Barrier& arrived = shared.ring.acquire(at, sizeof shared.tiles[0]);
      arrived.load_tile(shared.tiles[at.stage][0], maps.k, item.b, tile * kTile, item.group);
      arrived.load_tile(shared.tiles[at.stage][1], maps.v, item.b, tile * kTile, item.group);
    }
  }
}

// Row sums of dy ⊙ y for the two rows of a thread: dy's tile is in shared memory, y [T, stride] is not. A quad shares a
// row, 16 elements to a thread.
__device__ void row_dots(const bf16* dy, const bf16* y, int64_t stride, const QueryRows& rows, int end,
                         float (&dots)[2]) {
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    dots[i] = 0;
    const int row = thread_row() + 8 * i, quarter = static_cast<int>(threadIdx.x) % 4;
#pragma unroll
    for (int chunk = 2 * quarter; chunk < 2 * quarter + 2; ++chunk) {
      if (rows.t[i] >= end) continue;
      float a[8], b[8];
      load(dy + row * kTile + ((chunk ^ (row % 8)) * 8), a);
      load(y + rows.t[i] * stride + chunk * 8, b);
      for (int j = 0; j < 8; ++j) dots[i] += a[j] * b[j];
    }
    dots[i] = quad_sum(dots[i]);
  }
}

// What the gradient of a thread's two rows of queries needs besides tiles.
struct RowTerms {
  float c;                                // scale · log2(e): exponentials are powers of two
  float product[2], log_sum[2] = {0, 0};  // dy · y, and the log-sum-exp in powers of two

  // Scores -> probabilities, before dp is there.
  __device__ void probabilities(Accumulator& scores) const {
    each([&](int j, int r, int half, int) { scores[j][r] = exp2_fast(scores[j][r] * c - log_sum[half]); });
  }

  // Probabilities -> the scores' gradient, with dp.
  __device__ void gradient(Accumulator& scores, const Accumulator& dp, LeftOperand& ds) const {
    each([&](int j, int r, int half, int) { scores[j][r] *= dp[j][r] - product[half]; });
    round_to_operand(scores, ds);
  }
};

// One item for this warpgroup. Scores of a tile are computed while the tile before adds to dq.
__device__ void add_up(Shared& shared, Reader<kStages>& reader, const bf16 (&own)[2][kTileElements],
                       const QueryRows& rows, const RowTerms& terms, Accumulator& out) {
  LeftOperand ds;
  Accumulator scores, dp;
  int now = reader.next();
  begin_products();
  times_transposed(scores, own[0], shared.tiles[now][0]);
  times_transposed(dp, own[1], shared.tiles[now][1]);
  commit_products();
  finish_products<0>(scores, dp);
  terms.probabilities(scores);
  rows.mask(scores, rows.last_tile, 0.0F);
  terms.gradient(scores, dp, ds);
  for (int tile = rows.last_tile - 1; tile >= rows.first_tile; --tile) {
    const int before = now;
    now = reader.next();
    begin_products();
    times_transposed(scores, own[0], shared.tiles[now][0]);
    commit_products();
    add_times(out, ds, shared.tiles[before][0]);
    times_transposed(dp, own[1], shared.tiles[now][1]);
    commit_products();
    finish_products<1>(scores);
    terms.probabilities(scores);
    if (tile < rows.full_from) rows.mask(scores, tile, 0.0F);
    finish_products<0>(dp, out);
    reader.release(before);
    terms.gradient(scores, dp, ds);
  }
  begin_products();
  add_times(out, ds, shared.tiles[now][0]);
  commit_products();
  finish_products<0>(out);
  reader.release(now);
}

// dq, if wanted, and what the kernel for dk and dv needs of every query.
__device__ void consume(Shared& shared, const AttentionSizes& s, const Items& items, const bf16* y, const float* lse,
                        Term* kept, bf16* dq, bool add) {
  const int warpgroup = warpgroup_index();
  const int64_t stride = static_cast<int64_t>(s.H) * kTile;
  Cursor<2> own;
  Reader<kStages> reader(shared.ring);
  for (int round = 0, i = 0; items.assign(round, i); ++round) {
    const QueryItem item(s, items, i, kWarpgroups);
    const int head = item.head(warpgroup);
    const QueryRows rows(s, item.tile(warpgroup));
    const int64_t at = s.at(item.b, 0, head, s.H);
    const auto& tiles = shared.own[own.stage][warpgroup];
    shared.own_ring.await(own);
    RowTerms terms{s.scale * kLog2E};
    row_dots(tiles[1], y + at, stride, rows, s.T, terms.product);
    for (int half = 0; half < 2; ++half) {
      if (rows.t[half] < s.T) terms.log_sum[half] = lse[s.row(item.b, head, rows.t[half])] * kLog2E;
      if (threadIdx.x % 4 == 0)
        kept[first_term(s, item.b, head) + rows.t[half]] = {terms.log_sum[half], terms.product[half]};
    }
    Accumulator out = {};
    reader.skip(item.last_tile - rows.last_tile);
    add_up(shared, reader, tiles, rows, terms, out);
    reader.skip(rows.first_tile - item.first_tile);
    shared.own_ring.release(own.stage);
    own.advance();
    const float factor[2] = {s.scale, s.scale};
    if (item.live(warpgroup) && dq != nullptr)
      store_rows(out, factor, dq + at, stride, rows.last_tile * kTile + warp_row(), s.T, add);
  }
}

__global__ void __launch_bounds__(kThreads, 1)
    dq_kernel(const __grid_constant__ BackwardMaps maps, AttentionSizes s, Items items, const bf16* y, const float* lse,
              Term* kept, bf16* dq, bool add) {
  if (!kKnown) return;
  Shared& shared = *aligned_shared<Shared>();
  if (threadIdx.x == 0) {
    shared.own_ring.init(kWarpgroups * 4);
    shared.ring.init(kWarpgroups * 4);
  }
  __syncthreads();
  if (threadIdx.x >= kWarpgroups * kWarpgroup) {
    give_registers<32>();
    if (threadIdx.x == kWarpgroups * kWarpgroup) produce(shared, maps, s, items);
  } else {
    take_registers<160>();
    consume(shared, s, items, y, lse, kept, dq, add);
  }
}

}  // namespace

void queries_backward(Context& ctx, const AttentionSizes& s, const BackwardMaps& maps, const Tensor& y,
                      const Tensor& lse, const Tensor& terms, GradTarget dq) {
  const Items items(s, tiles_of(s) * (s.H / s.G), kWarpgroups);
  launch<Shared>(ctx, dq_kernel, backward_blocks(ctx, s, items), kThreads, maps, s, items, pointer<bf16>(y),
                 pointer<float>(lse), reinterpret_cast<Term*>(pointer<float>(terms)), pointer<bf16>(dq.tensor), dq.add);
}

}  // namespace pgolf::hopper
