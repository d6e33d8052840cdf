#include "engine/ops/cuda_elements.cuh"
#include "engine/ops/cuda_quantile.cuh"
#include "engine/ops/fake_quant.h"

namespace pgolf {
namespace {

constexpr int kThreads = kElementThreads;  // of a block, which works on one row

// A form as kernels read it.
struct Form {
  float low, high, soft_alpha, soft_inverse;
  SortedRank rank;

  Form(const FakeQuant& form, int64_t K)
      : low(static_cast<float>(-form.clip - 1)),
        high(static_cast<float>(form.clip)),
        soft_alpha(form.soft_alpha),
        soft_inverse(0.5F / (std::tanh(form.soft_alpha / 2) + 1e-10F)),
        rank(form.quantile, K) {}
  __device__ float clip(float code) const { return fminf(fmaxf(code, low), high); }
  __device__ float tanh_at(float y) const { return tanhf(soft_alpha * (y - floorf(y) - 0.5F)); }
  __device__ float soft(float y) const { return floorf(y) + tanh_at(y) * soft_inverse + 0.5F; }
  __device__ float slope(float y) const { return soft_alpha * soft_inverse * (1.0F - tanh_at(y) * tanh_at(y)); }
};

// A magnitude and its place in the row, ordered by the one, then by the other, as a stable sort orders them.
struct Entry {
  float magnitude;
  int place;
  __device__ bool operator<(const Entry& other) const {
    return magnitude < other.magnitude || (magnitude == other.magnitude && place < other.place);
  }
};

struct RowGrid {
  float scale;
  bool at_floor;
};

// The row's scale. Leaves the sorted entries in `entries`.
__device__ RowGrid row_grid(const float* row, int K, const Form& form, Entry* entries, int padded) {
  for (int j = threadIdx.x; j < padded; j += kThreads) entries[j] = {j < K ? fabsf(row[j]) : INFINITY, j};
  sort_shared(entries, padded);
  const float cut =
      interpolate_between(entries[form.rank.below].magnitude, entries[form.rank.above].magnitude, form.rank);
  const float wanted = cut / form.high, floor = 1.0F / form.high;
  return {fmaxf(wanted, floor), wanted < floor};
}

template <class T>
__global__ void __launch_bounds__(kThreads) forward_kernel(const float* weight, Form form, T* y, int K, int padded) {
  extern __shared__ Entry entries[];
  const float* row = weight + static_cast<int64_t>(blockIdx.x) * K;
  const RowGrid grid = row_grid(row, K, form, entries, padded);
  for (int j = threadIdx.x; j < K; j += kThreads) {
    const float code = row[j] / grid.scale, rounded = form.soft_alpha == 0 ? rintf(code) : form.soft(code);
    y[static_cast<int64_t>(blockIdx.x) * K + j] = from_float<T>(form.clip(rounded) * grid.scale);
  }
}

template <class T>
__global__ void __launch_bounds__(kThreads)
    soft_backward_kernel(const T* dy, const float* weight, Form form, float* dweight, bool add, int K, int padded) {
  extern __shared__ Entry entries[];
  __shared__ float dscale;
  const int64_t start = static_cast<int64_t>(blockIdx.x) * K;
  const float* row = weight + start;
  const RowGrid grid = row_grid(row, K, form, entries, padded);
  float sums[1] = {0};
  for (int j = threadIdx.x; j < K; j += kThreads) {
    const float up = to_float(dy[start + j]), code = row[j] / grid.scale;
    const float rounded = form.soft(code), clipped = form.clip(rounded);
    const float slope = clipped == rounded ? form.slope(code) : 0.0F;
    float value[1] = {up * slope};
    contribute(dweight + start + j, value, add);
    sums[0] += up * (clipped - code * slope);
  }
  write_block_sums(sums, &dscale);
  __syncthreads();
  if (threadIdx.x > 0 || grid.at_floor) return;
  const auto give = [&](int position, float share) {
    const int j = entries[position].place;
    dweight[start + j] += share * dscale / form.high * (row[j] < 0 ? -1.0F : 1.0F);
  };
  give(form.rank.below, 1.0F - form.rank.weight);
  give(form.rank.above, form.rank.weight);
}

struct Launch {
  unsigned blocks;
  int K, padded;
  size_t shared;

  explicit Launch(const Tensor& weight)
      : blocks(static_cast<unsigned>(weight.rows())), K(static_cast<int>(weight.cols())), padded(padded_row(K)) {
    shared = static_cast<size_t>(padded) * sizeof(Entry);
    if (shared > 48 << 10)
      fail(ErrorKind::usage,
           "fake quantisation of rows of {} elements is more than the CUDA backend takes (4096); use --device cpu", K);
  }
};

}  // namespace

template <>
void FakeQuantKernel<Cuda>::forward(Context& ctx, const Tensor& weight, const FakeQuant& form, const Tensor& y) {
  const Launch launch(weight);
  with_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    forward_kernel<<<launch.blocks, kThreads, launch.shared, work_queue(ctx)>>>(
        pointer<float>(weight), Form(form, launch.K), pointer<T>(y), launch.K, launch.padded);
  });
  launched("fake_quant");
}

template <>
void FakeQuantKernel<Cuda>::soft_backward(Context& ctx, const Tensor& dy, const Tensor& weight, const FakeQuant& form,
                                          GradTarget dweight) {
  if (!dweight.wanted()) return;
  const Launch launch(weight);
  with_type(dy.dtype, [&](auto type) {
    using T = decltype(type);
    soft_backward_kernel<<<launch.blocks, kThreads, launch.shared, work_queue(ctx)>>>(
        pointer<T>(dy), pointer<float>(weight), Form(form, launch.K), pointer<float>(dweight.tensor), dweight.add,
        launch.K, launch.padded);
  });
  launched("fake_quant");
}

}  // namespace pgolf
