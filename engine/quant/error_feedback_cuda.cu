#include "engine/core/backend.h"
#include "engine/core/transfer.h"
#include "engine/quant/cuda_codes.cuh"
#include "engine/quant/error_feedback.h"

namespace pgolf {
namespace {

constexpr int kWarp = 32;
constexpr int kStep = kWarp;  // columns that are coded one after the other, a lane to each
constexpr int kBlock = static_cast<int>(kBlockColumns);
constexpr int kRows = 4;  // of a thread block, a warp to each while they are coded; M is read once for all of them
constexpr int kThreads = 256;

struct Problem {
  float* weights;        // [rows, cols]
  const float* factor;   // [cols, cols]
  const float* divisor;  // [cols]
  const int* is_fine;    // [cols]
  const float *plain_scales, *fine_scales;
  float plain_top, fine_top;
  int8_t* codes;  // [rows, cols]
  int64_t rows;
  int cols;
};

// Codes columns begin .. begin + kStep - 1 of a row by one warp, and leaves the errors. Every lane codes its own weight
// every time; the turn of lane j comes the j-th time.
__device__ void code_step(const Problem& p, int64_t row, int begin, float (*errors)[kRows], int slot) {
  const int lane = threadIdx.x % kWarp, column = begin + lane;
  const bool inside = column < p.cols;
  const bool fine = inside && p.is_fine[column] != 0;
  const float scale = fine ? p.fine_scales[row] : p.plain_scales[row], top = fine ? p.fine_top : p.plain_top;
  const float divisor = inside ? p.divisor[column] : 1.0F;
  float w = inside ? p.weights[row * p.cols + column] : 0.0F;
  float factor[kStep];  // read ahead, since the steps are one long chain; row j of M counts for the lanes behind j
#pragma unroll
  for (int j = 0; j < kStep; ++j)
    factor[j] = inside && lane > j ? __ldg(p.factor + static_cast<int64_t>(begin + j) * p.cols + column) : 0.0F;
  int8_t code = 0;
  float error = 0;
#pragma unroll
  for (int j = 0; j < kStep; ++j) {
    const int8_t now = nearest_code(w, scale, top);
    const float lost = __fdiv_rn(code_loss(w, now, scale), divisor);
    if (lane == j) code = now, error = lost;
    const float fed = __shfl_sync(0xffffffffU, lost, j);
    if (lane > j) w = __fsub_rn(w, __fmul_rn(fed, factor[j]));
  }
  errors[lane][slot] = error;
  if (inside) p.codes[row * p.cols + column] = code;
}

// The weights of a column in the rows of the thread block, zero beyond the last row.
struct ColumnWeights {
  float w[kRows];

  __device__ ColumnWeights(const Problem& p, int64_t first, int rows, int k) {
#pragma unroll
    for (int r = 0; r < kRows; ++r) w[r] = r < rows ? p.weights[(first + r) * p.cols + k] : 0.0F;
  }
  __device__ void write(const Problem& p, int64_t first, int rows, int k) const {
#pragma unroll
    for (int r = 0; r < kRows; ++r)
      if (r < rows) p.weights[(first + r) * p.cols + k] = w[r];
  }
};

__device__ float factor_at(const Problem& p, int j, int k) {
  return __ldg(p.factor + static_cast<int64_t>(j) * p.cols + k);
}

// Takes the errors of a step, which begins at column `begin`, from the weights behind it and before `end`. Where there
// are such weights the step is complete.
__device__ void update_block(const Problem& p, int64_t first, int rows, int begin, int end,
                             const float (*errors)[kRows]) {
  const int k = begin + kStep + static_cast<int>(threadIdx.x);
  if (k >= end) return;
  ColumnWeights column(p, first, rows, k);
#pragma unroll
  for (int j = 0; j < kStep; ++j) {
    const float m = factor_at(p, begin + j, k);
#pragma unroll
    for (int r = 0; r < kRows; ++r) column.w[r] = __fsub_rn(column.w[r], __fmul_rn(errors[j][r], m));
  }
  column.write(p, first, rows, k);
}

// Takes the errors of a block, which begins at column `begin`, from the weights behind it.
__device__ void update_rest(const Problem& p, int64_t first, int rows, int begin, const float (*errors)[kRows]) {
  for (int k = begin + kBlock + static_cast<int>(threadIdx.x); k < p.cols; k += kThreads) {
    float sums[kRows] = {};
#pragma unroll 32
    for (int j = 0; j < kBlock; ++j) {
      const float m = factor_at(p, begin + j, k);
#pragma unroll
      for (int r = 0; r < kRows; ++r) sums[r] = fmaf(errors[j][r], m, sums[r]);
    }
    ColumnWeights column(p, first, rows, k);
#pragma unroll
    for (int r = 0; r < kRows; ++r) column.w[r] = __fsub_rn(column.w[r], sums[r]);
    column.write(p, first, rows, k);
  }
}

__global__ void __launch_bounds__(kThreads) feedback_kernel(Problem p) {
  __shared__ alignas(16) float errors[kBlock][kRows];
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kRows;
  const int rows = static_cast<int>(min(static_cast<int64_t>(kRows), p.rows - first));
  const int warp = threadIdx.x / kWarp;
  for (int begin = 0; begin < p.cols; begin += kBlock) {
    const int end = min(begin + kBlock, p.cols);
    for (int step = begin; step < end; step += kStep) {
      float(*of_step)[kRows] = errors + (step - begin);
      if (warp < rows) code_step(p, first + warp, step, of_step, warp);
      __syncthreads();
      update_block(p, first, rows, step, end, of_step);
      __syncthreads();
    }
    update_rest(p, first, rows, begin, errors);
    __syncthreads();
  }
}

}  // namespace

template <>
std::vector<int8_t> ErrorFeedback<Cuda>::run(Context& ctx, FeedbackProblem p) {
  const auto on_gpu = [&](const std::vector<float>& values) {
    return upload(ctx, values, {static_cast<int64_t>(values.size())}).as<float>();
  };
  const Tensor codes = ctx.alloc({p.rows, p.cols}, DType::i8);
  const Problem problem{.weights = on_gpu(p.weights),
                        .factor = on_gpu(p.factor),
                        .divisor = on_gpu(p.divisor),
                        .is_fine = upload(ctx, p.is_fine, {p.cols}).as<int32_t>(),
                        .plain_scales = on_gpu(p.plain.scales),
                        .fine_scales = on_gpu(p.fine.scales),
                        .plain_top = p.plain.top,
                        .fine_top = p.fine.top,
                        .codes = codes.as<int8_t>(),
                        .rows = p.rows,
                        .cols = static_cast<int>(p.cols)};
  const auto blocks = static_cast<unsigned>((p.rows + kRows - 1) / kRows);
  feedback_kernel<<<blocks, kThreads, 0, work_queue(ctx)>>>(problem);
  launched("error feedback");
  return download_codes(ctx, codes);
}

}  // namespace pgolf
