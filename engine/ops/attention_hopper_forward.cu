#include "engine/ops/attention_hopper.cuh"

namespace pgolf {
namespace {

using namespace hopper;

constexpr int kWarpgroups = 4, kStages = 8;
constexpr int kThreads = (kWarpgroups + 1) * kWarpgroup;

struct Maps {
  CUtensorMap q, k, v;
};

struct Shared {
  bf16 queries[2][kWarpgroups][kTileElements];  // of an item and the next
  bf16 tiles[kStages][2][kTileElements];        // keys and values
  Ring<2> query_ring;
  Ring<kStages> ring;
};

__device__ void produce(Shared& shared, const Maps& maps, const AttentionSizes& s, const Items& items) {
  Cursor<2> own;
  Cursor<kStages> at;
  for (int round = 0, i = 0; items.assign(round, i); ++round) {
    const QueryItem item(s, items, i, kWarpgroups);
    Barrier& queries = shared.query_ring.acquire(own, sizeof shared.queries[0]);
    for (int w = 0; w < kWarpgroups; ++w)
      queries.load_tile(shared.queries[own.stage][w], maps.q, item.b, item.tile(w) * kTile, item.head(w));
    own.advance();
    for (int tile = item.last_tile; tile >= item.first_tile; --tile, at.advance()) {
      Barrier& arrived = shared.ring.acquire(at, sizeof shared.tiles[0]);
      arrived.load_tile(shared.tiles[at.stage][0], maps.k, item.b, tile * kTile, item.group);
      arrived.load_tile(shared.tiles[at.stage][1], maps.v, item.b, tile * kTile, item.group);
    }
  }
}

// Running maximum and sum of exponentials of a thread's two rows.
struct Softmax {
  float c;  // scale · log2(e): exponentials are powers of two
  float max[2] = {-INFINITY, -INFINITY}, sum[2] = {0, 0}, rescale[2];

  // Scores -> exponentials. Whether any row's maximum moved: what came before must be multiplied with rescale then. A
  // maximum stays while exponentials are below 2^8, since they lose nothing by that (Dao 2025). Each row decides for
  // itself: what another row of the warp sees, a later position, must not change its bits.
  __device__ bool add(Accumulator& scores) {
    float top[2] = {max[0], max[1]};
    each([&](int j, int r, int half, int) { top[half] = fmaxf(top[half], scores[j][r]); });
    bool moved = false;
    for (int half = 0; half < 2; ++half) {
      top[half] = quad_max(top[half]);
      const bool moves = (top[half] - max[half]) * c > 8;
      rescale[half] = moves ? exp2_fast((max[half] - top[half]) * c) : 1.0F;
      sum[half] *= rescale[half];
      if (moves) max[half] = top[half];
      moved = moved || moves;
    }
    const float offset[2] = {max[0] * c, max[1] * c};
    each([&](int j, int r, int half, int) {
      scores[j][r] = exp2_fast(scores[j][r] * c - offset[half]);
      sum[half] += scores[j][r];
    });
    return __any_sync(0xffffffffU, moved);
  }
};

// One item for this warpgroup. Scores of a tile are computed beside the product of the values with the probabilities of
// the tile before.
__device__ void attend(Shared& shared, Reader<kStages>& reader, const bf16* queries, const QueryRows& rows,
                       Accumulator& out, Softmax& softmax) {
  LeftOperand p;
  Accumulator scores;
  int now = reader.next();
  begin_products();
  times_transposed(scores, queries, shared.tiles[now][0]);
  commit_products();
  finish_products<0>(scores);
  rows.mask(scores, rows.last_tile, -INFINITY);
  softmax.add(scores);
  round_to_operand(scores, p);
  for (int tile = rows.last_tile - 1; tile >= rows.first_tile; --tile) {
    const int before = now;
    now = reader.next();
    begin_products();
    times_transposed(scores, queries, shared.tiles[now][0]);
    commit_products();
    add_times(out, p, shared.tiles[before][1]);
    commit_products();
    finish_products<1>(scores);
    if (tile < rows.full_from) rows.mask(scores, tile, -INFINITY);
    const bool moved = softmax.add(scores);
    finish_products<0>(out);
    reader.release(before);
    if (moved) each([&](int j, int r, int half, int) { out[j][r] *= softmax.rescale[half]; });
    round_to_operand(scores, p);
  }
  begin_products();
  add_times(out, p, shared.tiles[now][1]);
  commit_products();
  finish_products<0>(out);
  reader.release(now);
}

// y and lse [B, H, T], the log-sum-exp.
__device__ void consume(Shared& shared, const AttentionSizes& s, const Items& items, bf16* y, float* lse) {
  const int warpgroup = warpgroup_index();
  Cursor<2> own;
  Reader<kStages> reader(shared.ring);
  for (int round = 0, i = 0; items.assign(round, i); ++round) {
    const QueryItem item(s, items, i, kWarpgroups);
    const QueryRows rows(s, item.tile(warpgroup));
    Accumulator out = {};
    Softmax softmax{s.scale * kLog2E};
    shared.query_ring.await(own);
    reader.skip(item.last_tile - rows.last_tile);
    attend(shared, reader, shared.queries[own.stage][warpgroup], rows, out, softmax);
    reader.skip(rows.first_tile - item.first_tile);
    shared.query_ring.release(own.stage);
    own.advance();

    float factor[2];
    for (int half = 0; half < 2; ++half) {
      const float total = quad_sum(softmax.sum[half]);
      factor[half] = 1.0F / total;
      if (threadIdx.x % 4 == 0 && rows.t[half] < s.T && item.live(warpgroup))
        lse[s.row(item.b, item.head(warpgroup), rows.t[half])] = softmax.max[half] * s.scale + logf(total);
    }
    if (item.live(warpgroup))
      store_rows(out, factor, y + s.at(item.b, 0, item.head(warpgroup), s.H), static_cast<int64_t>(s.H) * kTile,
                 rows.last_tile * kTile + warp_row(), s.T, false);
  }
}

__global__ void __launch_bounds__(kThreads, 1)
    forward_kernel(const __grid_constant__ Maps maps, AttentionSizes s, Items items, bf16* y, float* lse) {
  if (!kKnown) return;
  Shared& shared = *aligned_shared<Shared>();
  if (threadIdx.x == 0) {
    shared.query_ring.init(kWarpgroups * 4);
    shared.ring.init(kWarpgroups * 4);
  }
  __syncthreads();
  if (threadIdx.x >= kWarpgroups * kWarpgroup) {
    give_registers<24>();
    if (threadIdx.x == kWarpgroups * kWarpgroup) produce(shared, maps, s, items);
  } else {
    take_registers<112>();
    consume(shared, s, items, y, lse);
  }
}

// Asked once: the program may have been built, or told by CUDA_FORCE_PTX_JIT, to run what any GPU runs.
bool is_compiled() {
  static const bool known = [] {
    cudaFuncAttributes compiled;
    cuda_check(cudaFuncGetAttributes(&compiled, forward_kernel), "attention");
    return compiled.ptxVersion == 90;
  }();
  return known;
}

}  // namespace

bool HopperAttention::takes(const Tensor& q) { return FlashAttention::takes(q) && is_compiled(); }

void HopperAttention::forward(Context& ctx, const AttentionSizes& s, const Tensor& q, const Tensor& k, const Tensor& v,
                              const Tensor& y, const Tensor& lse) {
  const int64_t query_stride = static_cast<int64_t>(s.H) * kTile, key_stride = static_cast<int64_t>(s.G) * kTile;
  const Maps maps{tile_map(q, query_stride), tile_map(k, key_stride), tile_map(v, s.value_stride)};
  const Items items(s, tiles_of(s) * (s.H / s.G), kWarpgroups);
  launch<Shared>(ctx, forward_kernel, items.count, kThreads, maps, s, items, pointer<bf16>(y), pointer<float>(lse));
}

}  // namespace pgolf
