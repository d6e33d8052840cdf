#include <cuda_fp16.h>

#include "engine/core/backend.h"
#include "engine/core/transfer.h"
#include "engine/ops/cuda_quantile.cuh"
#include "engine/quant/cuda_codes.cuh"
#include "engine/quant/row_codes.h"

namespace pgolf {
namespace {

constexpr int kThreads = 256;       // of a block, which works on one row
constexpr int kMaxCandidates = 5;   // quantiles to a row
constexpr int64_t kMaxCols = 8192;  // whose sorted magnitudes, four bytes each, fit in 32 KiB of shared memory
constexpr float kSmallestNormalHalf = 0x1p-14F;

// A rule as kernels read it.
struct Rule {
  RowScale how;
  float top;
  int num_candidates = 0;
  SortedRank candidates[kMaxCandidates];

  Rule(RowScale how_, int64_t code_max, int64_t cols) : how(how_), top(static_cast<float>(code_max)) {
    check(quantiles_of(how).size() <= kMaxCandidates, "row codes: {} quantiles to a row", quantiles_of(how).size());
    for (const double q : quantiles_of(how)) candidates[num_candidates++] = SortedRank(q, cols);
  }
};

struct RowGrid {
  float scale, clip, stored;
};

__device__ float rounded_to_half(float x) { return __half2float(__float2half_rn(x)); }

__device__ RowGrid grid_of(const Rule& rule, float c) {
  const float wanted = __fdiv_rn(c, rule.top), scale = fmaxf(wanted, __fdiv_rn(1.0F, rule.top));
  switch (rule.how) {
    case RowScale::absmax: {
      const float half = fmaxf(rounded_to_half(fmaxf(wanted, 1e-12F)), kSmallestNormalHalf);
      return {half, INFINITY, half};
    }
    case RowScale::gate: {
      const float half = rounded_to_half(__fdiv_rn(fmaxf(c, 1e-10F), rule.top));
      return {half, INFINITY, half};
    }
    case RowScale::quantile:
    case RowScale::clip_search: return {scale, c, rounded_to_half(scale)};
    case RowScale::clip_search_unclipped: break;
  }
  return {scale, INFINITY, scale};
}

__device__ int8_t code_in(const RowGrid& grid, float w, float top) {
  return nearest_code(fminf(fmaxf(w, -grid.clip), grid.clip), grid.scale, top);
}

// By one thread, in the order of the columns, since the sum decides between grids.
__device__ double squared_error(const float* row, int cols, const RowGrid& grid, float top) {
  double error = 0;
  for (int j = 0; j < cols; ++j) {
    const double difference = code_loss(row[j], code_in(grid, row[j], top), grid.scale);
    error = __dadd_rn(error, __dmul_rn(difference, difference));
  }
  return error;
}

__global__ void __launch_bounds__(kThreads)
    row_codes_kernel(const float* weights, Rule rule, int cols, int padded, int8_t* codes, float* scales) {
  extern __shared__ float magnitudes[];  // [padded]
  __shared__ RowGrid grids[kMaxCandidates];
  __shared__ double errors[kMaxCandidates];
  const int64_t start = static_cast<int64_t>(blockIdx.x) * cols;
  const float* row = weights + start;
  for (int j = threadIdx.x; j < padded; j += kThreads) magnitudes[j] = j < cols ? fabsf(row[j]) : INFINITY;
  sort_shared(magnitudes, padded);
  if (threadIdx.x < rule.num_candidates) {
    const SortedRank& rank = rule.candidates[threadIdx.x];
    const RowGrid grid = grid_of(rule, interpolate_between(magnitudes[rank.below], magnitudes[rank.above], rank));
    grids[threadIdx.x] = grid;
    if (rule.num_candidates > 1) errors[threadIdx.x] = squared_error(row, cols, grid, rule.top);
  }
  __syncthreads();
  RowGrid best = grids[0];
  if (rule.num_candidates > 1) {
    best = {0, 0, 0};
    double best_error = INFINITY;
    for (int i = 0; i < rule.num_candidates; ++i)
      if (errors[i] < best_error) best_error = errors[i], best = grids[i];
  }
  for (int j = threadIdx.x; j < cols; j += kThreads) codes[start + j] = code_in(best, row[j], rule.top);
  if (threadIdx.x == 0) scales[blockIdx.x] = best.stored;
}

}  // namespace

// Rows too wide for the sort are left to the CPU, whose codes are the same.
template <>
RowCodes RowCoder<Cuda>::run(Context& ctx, MatrixView w, RowScale how, int64_t code_max) {
  if (w.cols > kMaxCols) return RowCoder<Cpu>::run(ctx, w, how, code_max);
  const Tensor weights = upload(ctx, w.data, {w.rows, w.cols});
  const Tensor codes = ctx.alloc({w.rows, w.cols}, DType::i8), scales = ctx.alloc({w.rows}, DType::f32);
  const int padded = padded_row(w.cols);
  row_codes_kernel<<<static_cast<unsigned>(w.rows), kThreads, static_cast<size_t>(padded) * sizeof(float),
                     work_queue(ctx)>>>(weights.as<float>(), Rule(how, code_max, w.cols), static_cast<int>(w.cols),
                                        padded, codes.as<int8_t>(), scales.as<float>());
  launched("row codes");
  return {download_codes(ctx, codes), download(ctx, scales)};
}

}  // namespace pgolf
