#include "engine/ops/cuda_rows.cuh"
#include "engine/ops/embedding.h"

namespace pgolf {
namespace {

constexpr int kSlice = 1024;  // positions that one warp sorts
constexpr int kPiece = 32;    // positions of one token that one block sums
constexpr int kThreads = 256;

unsigned blocks_of(int64_t n) { return static_cast<unsigned>((n + kThreads - 1) / kThreads); }

template <int kVec, class T>
__device__ void copy_row(const float* from, T* to, int width) {
  for (int j = threadIdx.x % kWarp * kVec; j < width; j += kWarp * kVec) {
    float values[kVec];
    load(from + j, values);
    store(to + j, values);
  }
}

template <class T>
__global__ void gather_kernel(const int32_t* ids, const float* table, T* y, int64_t rows, int width) {
  const int64_t row = warp_in_grid();
  if (row >= rows) return;
  const float* from = table + static_cast<int64_t>(ids[row]) * width;
  width % 8 == 0 ? copy_row<8>(from, y + row * width, width) : copy_row<1>(from, y + row * width, width);
}

// --- the gradient: positions sorted by token with a stable counting sort, then one block to every `kPiece` positions
// of a token, then one block to every token. Every sum has one order.

struct Sort {
  int64_t positions, slices, vocab;
  int32_t* counts;  // [slices, V]: of a slice; then, where its positions of a token go
  int32_t* starts;  // [V + 1]: where a token's positions start
  int32_t* pieces;  // [V + 1]: where a token's pieces start
  int32_t* sorted;  // [positions]
};

// One warp to a slice. `place`: write positions to where the counts, turned into offsets, say.
template <bool kPlace>
__global__ void slice_kernel(const int32_t* ids, Sort sort) {
  const int64_t slice = warp_in_grid();
  if (slice >= sort.slices) return;
  int32_t* counts = sort.counts + slice * sort.vocab;
  const int lane = threadIdx.x % kWarp;
  const int64_t begin = slice * kSlice, end = min(begin + kSlice, sort.positions);
  for (int64_t first = begin; first < end; first += kWarp) {
    const int64_t position = first + lane;
    const bool active = position < end;
    const int id = active ? ids[position] : -1;
    const unsigned same = __match_any_sync(0xffffffffU, id);
    const int rank = __popc(same & ((1U << lane) - 1));
    const int before = active ? counts[id] : 0;
    if (kPlace && active) sort.sorted[before + rank] = static_cast<int32_t>(position);
    __syncwarp();
    if (active && rank == 0) counts[id] = before + __popc(same);
    __syncwarp();
  }
}

// A warp to a token. Total positions and pieces of every token, at starts[v + 1] and pieces[v + 1].
__global__ void total_kernel(Sort sort) {
  const int64_t v = warp_in_grid();
  if (v >= sort.vocab) return;
  int total = 0;
  for (int64_t slice = threadIdx.x % kWarp; slice < sort.slices; slice += kWarp)
    total += sort.counts[slice * sort.vocab + v];
  total = __reduce_add_sync(0xffffffffU, total);
  sort.starts[v + 1] = total;
  sort.pieces[v + 1] = (total + kPiece - 1) / kPiece;
}

// Running sums of starts and pieces, by one block.
__global__ void __launch_bounds__(1024) scan_kernel(Sort sort) {
  __shared__ int32_t sums[2][1024];
  int32_t* const arrays[2] = {sort.starts, sort.pieces};
  int32_t carry[2] = {0, 0};
  if (threadIdx.x < 2) arrays[threadIdx.x][0] = 0;
  for (int64_t base = 0; base < sort.vocab; base += 1024) {
    const int64_t v = base + threadIdx.x;
    for (int a = 0; a < 2; ++a) sums[a][threadIdx.x] = v < sort.vocab ? arrays[a][v + 1] : 0;
    __syncthreads();
    for (int offset = 1; offset < 1024; offset *= 2) {
      int32_t left[2] = {0, 0};
      for (int a = 0; a < 2; ++a)
        if (threadIdx.x >= offset) left[a] = sums[a][threadIdx.x - offset];
      __syncthreads();
      for (int a = 0; a < 2; ++a) sums[a][threadIdx.x] += left[a];
      __syncthreads();
    }
    for (int a = 0; a < 2; ++a) {
      if (v < sort.vocab) arrays[a][v + 1] = carry[a] + sums[a][threadIdx.x];
      carry[a] += sums[a][1023];
    }
    __syncthreads();
  }
}

// A warp to a token. counts[slice, v] <- where the slice's first position of token v goes.
__global__ void offset_kernel(Sort sort) {
  const int64_t v = warp_in_grid();
  if (v >= sort.vocab) return;
  const int lane = threadIdx.x % kWarp;
  int32_t next = sort.starts[v];
  for (int64_t first = 0; first < sort.slices; first += kWarp) {
    const int64_t slice = first + lane;
    const int32_t mine = slice < sort.slices ? sort.counts[slice * sort.vocab + v] : 0;
    int32_t up_to = mine;  // this slice's and those before it
    for (int offset = 1; offset < kWarp; offset *= 2) {
      const int32_t left = __shfl_up_sync(0xffffffffU, up_to, offset);
      if (lane >= offset) up_to += left;
    }
    if (slice < sort.slices) sort.counts[slice * sort.vocab + v] = next + up_to - mine;
    next += __shfl_sync(0xffffffffU, up_to, kWarp - 1);
  }
}

// The token of a piece: the last v with pieces[v] <= piece.
__device__ int token_of(const int32_t* pieces, int64_t vocab, int piece) {
  int64_t low = 0, high = vocab;
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (pieces[middle] <= piece ? low : high) = middle;
  }
  return static_cast<int>(low);
}

// partial[piece, :] = sum of dy over the piece's positions, in order.
template <class T>
__global__ void piece_kernel(Sort sort, const T* dy, float* partial, int width) {
  const int piece = static_cast<int>(blockIdx.x);
  if (piece >= sort.pieces[sort.vocab]) return;
  const int token = token_of(sort.pieces, sort.vocab, piece);
  const int begin = sort.starts[token] + (piece - sort.pieces[token]) * kPiece;
  const int end = min(begin + kPiece, sort.starts[token + 1]);
  for (int j = threadIdx.x; j < width; j += blockDim.x) {
    float sum = 0;
#pragma unroll 8
    for (int i = begin; i < end; ++i) sum += to_float(dy[static_cast<int64_t>(sort.sorted[i]) * width + j]);
    partial[static_cast<int64_t>(piece) * width + j] = sum;
  }
}

template <class T>
__global__ void token_kernel(Sort sort, const float* partial, T* dtable, bool add, int width) {
  const int64_t token = blockIdx.x;
  const int begin = sort.pieces[token], end = sort.pieces[token + 1];
  if (add && begin == end) return;
  for (int j = threadIdx.x; j < width; j += blockDim.x) {
    float sum[1] = {0};
#pragma unroll 4
    for (int piece = begin; piece < end; ++piece) sum[0] += partial[static_cast<int64_t>(piece) * width + j];
    contribute(dtable + token * width + j, sum, add);
  }
}

Sort sort_by_token(Context& ctx, const Tensor& ids, int64_t vocab) {
  const int64_t n = ids.numel(), slices = (n + kSlice - 1) / kSlice;
  const auto ints = [&](int64_t count) { return ctx.scratch().alloc({count}, DType::i32); };
  const Tensor counts = ints(slices * vocab);
  const Sort sort{n,
                  slices,
                  vocab,
                  counts.as<int32_t>(),
                  ints(vocab + 1).as<int32_t>(),
                  ints(vocab + 1).as<int32_t>(),
                  ints(n).as<int32_t>()};
  const cudaStream_t queue = work_queue(ctx);
  const unsigned slice_blocks = blocks_of(slices * kWarp);
  ctx.fill_zero(counts);
  slice_kernel<false><<<slice_blocks, kThreads, 0, queue>>>(ids.as<int32_t>(), sort);
  total_kernel<<<blocks_of(vocab * kWarp), kThreads, 0, queue>>>(sort);
  scan_kernel<<<1, 1024, 0, queue>>>(sort);
  offset_kernel<<<blocks_of(vocab * kWarp), kThreads, 0, queue>>>(sort);
  slice_kernel<true><<<slice_blocks, kThreads, 0, queue>>>(ids.as<int32_t>(), sort);
  launched("sorting positions by token");
  return sort;
}

}  // namespace

template <>
void EmbeddingKernel<Cuda>::forward(Context& ctx, const Tensor& ids, const Tensor& table, const Tensor& y) {
  with_type(y.dtype, [&](auto t) {
    using T = decltype(t);
    gather_kernel<<<blocks_of(ids.numel() * kWarp), kThreads, 0, work_queue(ctx)>>>(
        ids.as<int32_t>(), pointer<float>(table), pointer<T>(y), ids.numel(), static_cast<int>(table.cols()));
  });
  launched("embedding");
}

template <>
void EmbeddingKernel<Cuda>::backward(Context& ctx, const Tensor& ids, const Tensor& dy, GradTarget dtable) {
  if (!dtable.wanted()) return;
  const ArenaScope scope(ctx.scratch());
  const int64_t vocab = dtable.tensor.rows(), width = dtable.tensor.cols();
  const Sort sort = sort_by_token(ctx, ids, vocab);
  const int64_t max_pieces = ids.numel() / kPiece + vocab;
  const Tensor partial = ctx.scratch().alloc({max_pieces, width}, DType::f32);
  const unsigned threads = static_cast<unsigned>(std::min<int64_t>(kThreads, (width + kWarp - 1) / kWarp * kWarp));
  with_type(dy.dtype, [&](auto t) {
    using T = decltype(t);
    piece_kernel<<<static_cast<unsigned>(max_pieces), threads, 0, work_queue(ctx)>>>(
        sort, pointer<T>(dy), pointer<float>(partial), static_cast<int>(width));
  });
  with_type(dtable.tensor.dtype, [&](auto t) {
    using T = decltype(t);
    token_kernel<<<static_cast<unsigned>(vocab), threads, 0, work_queue(ctx)>>>(
        sort, pointer<float>(partial), pointer<T>(dtable.tensor), dtable.add, static_cast<int>(width));
  });
  launched("embedding");
}

}  // namespace pgolf
