#include "engine/ops/attention_cuda.cuh"

namespace pgolf {
namespace {

constexpr int kWarps = 4;  // of a block
constexpr int kMaxHead = 256, kParts = kMaxHead / kWarp;

__device__ float warp_max(float x) {
  for (int offset = kWarp / 2; offset > 0; offset /= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffU, x, offset));
  return x;
}

// The warp's copy of one head in shared memory, as float32.
template <class T>
__device__ void stage(const T* from, float* to, int d) {
  __syncwarp();
  for (int j = threadIdx.x % kWarp; j < d; j += kWarp) to[j] = to_float(from[j]);
  __syncwarp();
}

template <class T>
__device__ float head_dot(const float* a, const T* b, int d) {
  float sum = 0;
  for (int j = 0; j < d; ++j) sum += a[j] * to_float(b[j]);
  return sum;
}

// A head spread over a warp: lane l holds elements l, l + 32, ...
struct Spread {
  float v[kParts] = {};

  template <class T>
  __device__ void add(float factor, const T* head, int d) {
#pragma unroll
    for (int i = 0; i < kParts; ++i) {
      const int j = i * kWarp + threadIdx.x % kWarp;
      if (j < d) v[i] += factor * to_float(head[j]);
    }
  }
  __device__ void multiply(float factor) {
    for (float& x : v) x *= factor;
  }
  template <class T>
  __device__ void write(T* head, float factor, bool add, int d) const {
#pragma unroll
    for (int i = 0; i < kParts; ++i) {
      const int j = i * kWarp + threadIdx.x % kWarp;
      float value[1] = {v[i] * factor};
      if (j < d) contribute(head + j, value, add);
    }
  }
};

struct WarpPlace {
  int b, t, head;
  bool valid;
};

// One warp to every (row, position, head).
__device__ WarpPlace warp_place(const AttentionSizes& s, int heads) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarp;
  const int64_t position = i / heads;
  return {static_cast<int>(position / s.T), static_cast<int>(position % s.T), static_cast<int>(i % heads),
          position < static_cast<int64_t>(s.B) * s.T};
}

template <class T>
__global__ void forward_kernel(AttentionSizes s, const T* q, const T* k, const T* v, T* y, float* lse) {
  __shared__ float shared[kWarps][kMaxHead];
  const WarpPlace place = warp_place(s, s.H);
  if (!place.valid) return;
  const int lane = threadIdx.x % kWarp, g = place.head / (s.H / s.G);
  float* query = shared[threadIdx.x / kWarp];
  stage(q + s.at(place.b, place.t, place.head, s.H), query, s.d);
  float max = -INFINITY, sum = 0;
  Spread out;
  for (int first = s.segment_start(place.t); first <= place.t; first += kWarp) {
    const int key = first + lane;
    const float score = key <= place.t ? s.scale * head_dot(query, k + s.at(place.b, key, g, s.G), s.d) : -INFINITY;
    const float top = fmaxf(max, warp_max(score)), rescale = expf(max - top), p = expf(score - top);
    sum = sum * rescale + warp_sum(p);
    out.multiply(rescale);
    max = top;
    for (int i = 0; i < min(kWarp, place.t - first + 1); ++i)
      out.add(__shfl_sync(0xffffffffU, p, i), v + s.value_at(place.b, first + i, g), s.d);
  }
  out.write(y + s.at(place.b, place.t, place.head, s.H), 1.0F / sum, false, s.d);
  if (lane == 0) lse[s.row(place.b, place.head, place.t)] = max + logf(sum);
}

// dq, if wanted, and delta [B, H, T] = dy · y.
template <class T>
__global__ void query_kernel(AttentionSizes s, const T* dy, const T* q, const T* k, const T* v, const T* y,
                             const float* lse, float* delta, T* dq, bool add) {
  __shared__ float shared[2][kWarps][kMaxHead];
  const WarpPlace place = warp_place(s, s.H);
  if (!place.valid) return;
  const int lane = threadIdx.x % kWarp, g = place.head / (s.H / s.G);
  const int64_t here = s.at(place.b, place.t, place.head, s.H), row = s.row(place.b, place.head, place.t);
  float *query = shared[0][threadIdx.x / kWarp], *up = shared[1][threadIdx.x / kWarp];
  stage(q + here, query, s.d);
  stage(dy + here, up, s.d);
  float product = 0;
  for (int j = lane; j < s.d; j += kWarp) product += up[j] * to_float(y[here + j]);
  product = warp_sum(product);
  if (lane == 0) delta[row] = product;
  if (dq == nullptr) return;
  Spread out;
  for (int first = s.segment_start(place.t); first <= place.t; first += kWarp) {
    const int key = min(first + lane, place.t);
    const int64_t there = s.at(place.b, key, g, s.G);
    const float p = expf(s.scale * head_dot(query, k + there, s.d) - lse[row]);
    const float ds = p * (head_dot(up, v + s.value_at(place.b, key, g), s.d) - product);
    for (int i = 0; i < min(kWarp, place.t - first + 1); ++i)
      out.add(__shfl_sync(0xffffffffU, ds, i), k + s.at(place.b, first + i, g, s.G), s.d);
  }
  out.write(dq + here, s.scale, add, s.d);
}

template <class T>
__global__ void key_kernel(AttentionSizes s, const T* dy, const T* q, const T* k, const T* v, const float* lse,
                           const float* delta, T* dk, bool add_k, T* dv, bool add_v) {
  __shared__ float shared[2][kWarps][kMaxHead];
  const WarpPlace place = warp_place(s, s.G);
  if (!place.valid) return;
  const int lane = threadIdx.x % kWarp, heads = s.H / s.G, end = s.segment_end(place.t);
  const int64_t here = s.at(place.b, place.t, place.head, s.G), own = s.value_at(place.b, place.t, place.head);
  float *key = shared[0][threadIdx.x / kWarp], *value = shared[1][threadIdx.x / kWarp];
  stage(k + here, key, s.d);
  stage(v + own, value, s.d);
  Spread out_k, out_v;
  for (int h = place.head * heads; h < (place.head + 1) * heads; ++h) {
    for (int first = place.t; first < end; first += kWarp) {
      const int query = min(first + lane, end - 1);
      const int64_t there = s.at(place.b, query, h, s.H), row = s.row(place.b, h, query);
      const float p = expf(s.scale * head_dot(key, q + there, s.d) - lse[row]);
      const float ds = p * (head_dot(value, dy + there, s.d) - delta[row]);
      for (int i = 0; i < min(kWarp, end - first); ++i) {
        const int64_t from = s.at(place.b, first + i, h, s.H);
        out_k.add(__shfl_sync(0xffffffffU, ds, i), q + from, s.d);
        out_v.add(__shfl_sync(0xffffffffU, p, i), dy + from, s.d);
      }
    }
  }
  if (dk != nullptr) out_k.write(dk + here, s.scale, add_k, s.d);
  if (dv != nullptr) out_v.write(dv + own, 1.0F, add_v, s.d);
}

unsigned blocks_for(const AttentionSizes& s, int heads) {
  if (s.d > kMaxHead)
    fail(ErrorKind::usage, "heads of {} elements are more than the CUDA backend takes ({}); use --device cpu", s.d,
         kMaxHead);
  return static_cast<unsigned>((static_cast<int64_t>(s.B) * s.T * heads + kWarps - 1) / kWarps);
}

}  // namespace

void PlainAttention::forward(Context& ctx, const AttentionSizes& sizes, const Tensor& q, const Tensor& k,
                             const Tensor& v, const Tensor& y, const Tensor& lse) {
  with_type(q.dtype, [&](auto type) {
    using T = decltype(type);
    forward_kernel<<<blocks_for(sizes, sizes.H), kWarps * kWarp, 0, work_queue(ctx)>>>(
        sizes, pointer<T>(q), pointer<T>(k), first<T>(v), pointer<T>(y), pointer<float>(lse));
  });
  launched("attention");
}

void PlainAttention::backward(Context& ctx, const AttentionSizes& sizes, const Tensor& dy, const Tensor& q,
                              const Tensor& k, const Tensor& v, const Tensor& y, const Tensor& lse, GradTarget dq,
                              GradTarget dk, GradTarget dv) {
  const ArenaScope scope(ctx.scratch());
  const Tensor delta = ctx.scratch().alloc(lse.shape, DType::f32);
  with_type(q.dtype, [&](auto type) {
    using T = decltype(type);
    query_kernel<<<blocks_for(sizes, sizes.H), kWarps * kWarp, 0, work_queue(ctx)>>>(
        sizes, pointer<T>(dy), pointer<T>(q), pointer<T>(k), first<T>(v), pointer<T>(y), pointer<float>(lse),
        pointer<float>(delta), pointer<T>(dq.tensor), dq.add);
    if (!dk.wanted() && !dv.wanted()) return;
    key_kernel<<<blocks_for(sizes, sizes.G), kWarps * kWarp, 0, work_queue(ctx)>>>(
        sizes, pointer<T>(dy), pointer<T>(q), pointer<T>(k), first<T>(v), pointer<float>(lse), pointer<float>(delta),
        pointer<T>(dk.tensor), dk.add, first<T>(dv.tensor), dv.add);
  });
  launched("attention");
}

}  // namespace pgolf
