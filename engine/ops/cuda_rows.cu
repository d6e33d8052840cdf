#include <algorithm>

#include "engine/ops/cuda_rows.cuh"

namespace pgolf {
namespace {

constexpr int kSumThreads = 256;
constexpr int64_t kMaxColumns = 32;  // of a block; its threads share them, each taking every (256 / columns)-th row
constexpr int kMaxSlabs = 256;

// How a block's threads lie over its columns and rows.
struct SumShape {
  int64_t rows, width, stride, rows_per_slab;  // `width` columns of rows that lie `stride` apart
  int columns;                                 // of a block

  SumShape(int64_t rows, int64_t width, int64_t stride, int64_t slabs)
      : rows(rows),
        width(width),
        stride(stride),
        rows_per_slab((rows + slabs - 1) / slabs),
        columns(static_cast<int>(std::min(width, kMaxColumns))) {}
  unsigned tiles() const { return static_cast<unsigned>((width + columns - 1) / columns); }
};

int64_t slabs_for(int64_t rows, int64_t width, int64_t rows_per_thread) {
  const int64_t groups = kSumThreads / std::min(width, kMaxColumns);
  return std::clamp<int64_t>(rows / (groups * rows_per_thread), 1, kMaxSlabs);
}

// A thread's column, the first of its rows, and how far apart these are.
struct SumPlace {
  int groups, group, column_in_tile;
  int64_t column, begin, end;

  __device__ explicit SumPlace(const SumShape& shape)
      : groups(kSumThreads / shape.columns),
        group(static_cast<int>(threadIdx.x) / shape.columns),
        column_in_tile(static_cast<int>(threadIdx.x) % shape.columns),
        column(static_cast<int64_t>(blockIdx.x) * shape.columns + column_in_tile),
        begin(blockIdx.y * shape.rows_per_slab + group),
        end(min(shape.rows, (blockIdx.y + 1) * shape.rows_per_slab)) {
    if (column >= shape.width || group >= groups) begin = end;
  }
};

// The sum over the groups of a block, in their order; for the threads of group 0.
__device__ float sum_over_groups(const SumPlace& place, int columns, float mine, float* shared) {
  __syncthreads();
  shared[threadIdx.x] = mine;
  __syncthreads();
  if (place.group > 0) return 0;
  for (int g = 1; g < place.groups; ++g) mine += shared[g * columns + place.column_in_tile];
  return mine;
}

// out[slab, j] or the target: the sum of one slab of rows of one tile of columns.
template <class T>
__global__ void sum_kernel(const float* __restrict__ partial, SumShape shape, T* out, bool add) {
  __shared__ float shared[kSumThreads];
  const SumPlace place(shape);
  float sum = 0;
#pragma unroll 4
  for (int64_t row = place.begin; row < place.end; row += place.groups)
    sum += partial[row * shape.stride + place.column];
  float value[1] = {sum_over_groups(place, shape.columns, sum, shared)};
  if (place.group == 0 && place.column < shape.width)
    contribute(out + blockIdx.y * shape.width + place.column, value, add);
}

// out[slab, h, j]: sums of a[row, h] x[row, j] for kHeads of the columns of a. A column of the shape is kVec of x's.
constexpr int kHeads = 8;
template <int kVec, class T>
__global__ void outer_kernel(const float* __restrict__ a, const T* __restrict__ x, int heads, SumShape shape,
                             float* out) {
  __shared__ float shared[kSumThreads];
  const SumPlace place(shape);
  const int first = static_cast<int>(blockIdx.z) * kHeads;
  float sums[kHeads][kVec] = {};
  for (int64_t row = place.begin; row < place.end; row += place.groups) {
    float values[kVec];
    load(x + (row * shape.stride + place.column) * kVec, values);
#pragma unroll
    for (int h = 0; h < kHeads; ++h) {
      const float factor = first + h < heads ? a[row * heads + first + h] : 0.0F;
      for (int j = 0; j < kVec; ++j) sums[h][j] += factor * values[j];
    }
  }
#pragma unroll
  for (int h = 0; h < kHeads; ++h)
#pragma unroll
    for (int j = 0; j < kVec; ++j) {
      const float sum = sum_over_groups(place, shape.columns, sums[h][j], shared);
      if (place.group == 0 && place.column < shape.width && first + h < heads)
        out[((blockIdx.y * heads + first + h) * shape.width + place.column) * kVec + j] = sum;
    }
}

template <class T>
void launch_sum(Context& ctx, const float* partial, int64_t rows, int64_t width, int64_t stride, int64_t slabs, T* out,
                bool add) {
  const SumShape shape(rows, width, stride, slabs);
  sum_kernel<<<dim3(shape.tiles(), static_cast<unsigned>(slabs)), kSumThreads, 0, work_queue(ctx)>>>(partial, shape,
                                                                                                     out, add);
  launched("a sum over rows");
}

// The columns of `partial` [rows, stride] from its address on.
void sum_some_columns(Context& ctx, const float* partial, int64_t rows, int64_t stride, const GradTarget& target) {
  if (!target.wanted()) return;
  const ArenaScope scope(ctx.scratch());
  const int64_t width = target.tensor.numel(), slabs = slabs_for(rows, width, 64);
  if (slabs > 1) {
    const Tensor sums = ctx.scratch().alloc({slabs, width}, DType::f32);
    launch_sum(ctx, partial, rows, width, stride, slabs, pointer<float>(sums), false);
    return sum_some_columns(ctx, pointer<float>(sums), slabs, width, target);
  }
  with_type(target.tensor.dtype, [&](auto type) {
    launch_sum(ctx, partial, rows, width, stride, 1, pointer<decltype(type)>(target.tensor), target.add);
  });
}

}  // namespace

void sum_columns(Context& ctx, const Tensor& partial, const GradTarget& target) {
  if (!target.wanted()) return;
  const bool all = target.tensor.numel() == 1;  // one sum over everything
  check(all || partial.cols() == target.tensor.numel(), "sum_columns: {} into {}", partial.shape, target.tensor.shape);
  const int64_t stride = all ? 1 : partial.cols();
  sum_some_columns(ctx, pointer<float>(partial), partial.numel() / stride, stride, target);
}

void sum_columns(Context& ctx, const Tensor& partial, int64_t first, const GradTarget& target) {
  sum_some_columns(ctx, pointer<float>(partial) + first, partial.rows(), partial.cols(), target);
}

void sum_outer_products(Context& ctx, const Tensor& a, const Tensor& x, const GradTarget& target) {
  if (!target.wanted()) return;
  const ArenaScope scope(ctx.scratch());
  const int64_t H = a.cols(), W = target.tensor.numel() / H;
  const auto sum = [&](auto vec) {
    constexpr int kVec = decltype(vec)::value;
    const int64_t slabs = slabs_for(x.rows(), W / kVec, 16);
    const Tensor partial = ctx.scratch().alloc({slabs, H * W}, DType::f32);
    const SumShape shape(x.rows(), W / kVec, x.cols() / kVec, slabs);
    const dim3 grid(shape.tiles(), static_cast<unsigned>(slabs), static_cast<unsigned>((H + kHeads - 1) / kHeads));
    with_type(x.dtype, [&](auto type) {
      outer_kernel<kVec><<<grid, kSumThreads, 0, work_queue(ctx)>>>(
          pointer<float>(a), pointer<decltype(type)>(x), static_cast<int>(H), shape, pointer<float>(partial));
    });
    launched("a gate's gradient");
    return partial;
  };
  using One = std::integral_constant<int, 1>;
  using Eight = std::integral_constant<int, 8>;
  const Tensor partial = W % 8 == 0 && x.cols() % 8 == 0 ? sum(Eight{}) : sum(One{});
  sum_columns(ctx, partial, target);
}

}  // namespace pgolf
