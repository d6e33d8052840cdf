#include "engine/ops/cuda_rows.cuh"

#include <algorithm>

namespace pgolf {
namespace {

constexpr int kSumThreads = 256;
constexpr int64_t kMaxColumns = 32;  // of a block; its threads share them, each taking every (256 / columns)-th row

struct SumShape {
  int64_t rows, width, rows_per_slab;
  int columns;  // of a block
};

// out[slab, j] or the target: the sum of one slab of rows of one tile of columns.
template <class T>
__global__ void sum_kernel(const float* __restrict__ partial, SumShape shape, T* out, bool add) {
  __shared__ float sums[kSumThreads];
  const int groups = kSumThreads / shape.columns;
  const int column_in_tile = threadIdx.x % shape.columns, group = threadIdx.x / shape.columns;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * shape.columns + column_in_tile;
  const int64_t end = min(shape.rows, (blockIdx.y + 1) * shape.rows_per_slab);
  float sum = 0;
  if (column < shape.width && group < groups) {
#pragma unroll 4
    for (int64_t row = blockIdx.y * shape.rows_per_slab + group; row < end; row += groups)
      sum += partial[row * shape.width + column];
  }
  sums[threadIdx.x] = sum;
  __syncthreads();
  if (group > 0 || column >= shape.width) return;
  for (int g = 1; g < groups; ++g) sum += sums[g * shape.columns + column_in_tile];
  float value[1] = {sum};
  contribute(out + blockIdx.y * shape.width + column, value, add);
}

template <class T>
void launch_sum(Context& ctx, const Tensor& partial, int64_t slabs, T* out, bool add) {
  SumShape shape{partial.rows(), partial.cols(), (partial.rows() + slabs - 1) / slabs,
                 static_cast<int>(std::min(partial.cols(), kMaxColumns))};
  const dim3 grid(static_cast<unsigned>((shape.width + shape.columns - 1) / shape.columns), static_cast<unsigned>(slabs));
  sum_kernel<<<grid, kSumThreads, 0, work_queue(ctx)>>>(pointer<float>(partial), shape, out, add);
  launched("a sum over rows");
}

}  // namespace

void sum_columns(Context& ctx, const Tensor& partial, const GradTarget& target) {
  if (!target.wanted()) return;
  if (target.tensor.numel() == 1 && partial.cols() > 1) return sum_columns(ctx, partial.view({partial.numel(), 1}), target);
  check(partial.shape.rank() == 2 && partial.cols() == target.tensor.numel(), "sum_columns: {} into {}", partial.shape,
        target.tensor.shape);
  const ArenaScope scope(ctx.scratch());
  const int64_t groups = kSumThreads / std::min(partial.cols(), kMaxColumns);
  const int64_t slabs = std::clamp<int64_t>(partial.rows() / (groups * 64), 1, 256);
  Tensor sums = partial;
  if (slabs > 1) {
    sums = ctx.scratch().alloc({slabs, partial.cols()}, DType::f32);
    launch_sum(ctx, partial, slabs, pointer<float>(sums), false);
  }
  with_type(target.tensor.dtype, [&](auto type) {
    launch_sum(ctx, sums, 1, pointer<decltype(type)>(target.tensor), target.add);
  });
}

}  // namespace pgolf
