#include "engine/ops/attention_flash.cuh"

namespace pgolf {
namespace {

using namespace flash;

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

  // After the last tile: factor = 1 / sum, and the rows' log-sum-exp into lse [B, H, T].
  __device__ void finish(const AttentionSizes& s, const Place& place, const QueryRows& rows, float (&factor)[2],
                         float* lse) const {
    for (int half = 0; half < 2; ++half) {
      const float total = quad_sum(sum[half]);
      factor[half] = 1.0F / total;
      if (threadIdx.x % 4 == 0 && rows.t[half] < s.T)
        lse[s.row(place.b, place.head, rows.t[half])] = max[half] * s.scale + logf(total);
    }
  }
};

constexpr int kThreads = 2 * kWarpgroup, kRows = 2 * kTile;

// Scores of a tile are computed beside the product of the values with the probabilities of the tile before.
__global__ void __launch_bounds__(kThreads, 2)
    forward_kernel(AttentionSizes s, const bf16* q, const bf16* k, const bf16* v, bf16* y, float* lse) {
  Stage* stages = aligned_shared<Stage>();
  const Place place(s.H, static_cast<int>(gridDim.y - 1 - blockIdx.y), kRows);
  const QueryRows rows(s, place);
  const int group = place.head / (s.H / s.G), count = rows.last_tile - rows.first_tile + 1;
  const int own_count = rows.own_last_tile - rows.first_tile + 1;
  const HeadRows queries(q, s, place.b, place.head, s.H), keys(k, s, place.b, group, s.G), values(v, s, place.b, group);
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
    times_transposed(scores, query, stages[0].tiles[0]);
    rows.mask(scores, rows.first_tile, -INFINITY);
    softmax.add(scores, rescale);
    round_to_operand(scores, p);
  }
  for (int i = 1; i < own_count; ++i) {
    await_tile();
    load_ahead(i, count, load);
    Accumulator scores;
    times_transposed(scores, query, stages[i % kStages].tiles[0]);
    add_times(out, p, stages[(i - 1) % kStages].tiles[1]);
    rows.mask(scores, rows.first_tile + i, -INFINITY);
    softmax.add(scores, rescale);
    each([&](int j, int r, int half, int) { out[j][r] *= rescale[half]; });
    round_to_operand(scores, p);
  }
  add_times(out, p, stages[(own_count - 1) % kStages].tiles[1]);
  for (int i = own_count; i < count; ++i) {
    await_tile();
    load_ahead(i, count, load);
  }

  float factor[2];
  softmax.finish(s, place, rows, factor, lse);
  store_rows(out, factor, y + (queries.data - q), queries.stride, place.warp_first, s.T, false);
}

}  // namespace

void FlashAttention::forward(Context& ctx, const AttentionSizes& s, const Tensor& q, const Tensor& k, const Tensor& v,
                             const Tensor& y, const Tensor& lse) {
  const cudaStream_t queue = work_queue(ctx);
  const int shared = allow_stages<Stage>(forward_kernel);
  forward_kernel<<<grid_for(s, s.H, kRows), kThreads, shared, queue>>>(
      s, pointer<bf16>(q), pointer<bf16>(k), first<bf16>(v), pointer<bf16>(y), pointer<float>(lse));
  launched("attention");
}

}  // namespace pgolf
