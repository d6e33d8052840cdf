// A head spread over lanes of a warp: what kernels that treat heads one by one share.
#pragma once

#include "engine/ops/cuda_rows.cuh"

namespace pgolf {

// kChunks chunks of kVec elements to each lane.
template <int kVec_, int kChunks_>
struct HeadLayout {
  static constexpr int kVec = kVec_, kChunks = kChunks_;
};

// f(HeadLayout, lanes of a head). Heads of 8 · 2^k elements are read 16 bytes at a time.
template <class F>
void with_head_layout(int64_t width, F f) {
  const int64_t lanes = width / 8;
  if (width % 8 == 0 && (lanes & (lanes - 1)) == 0 && lanes <= kWarp)
    return f(HeadLayout<8, 1>{}, static_cast<int>(lanes));
  if (width > 256)
    fail(ErrorKind::usage, "heads of {} elements are more than the CUDA backend takes (256); use --device cpu", width);
  f(HeadLayout<1, 8>{}, kWarp);
}

// Blocks of kRowThreads threads for `count` heads, or groups of heads.
inline unsigned head_blocks(int64_t count, int lanes) {
  return static_cast<unsigned>((count * lanes + kRowThreads - 1) / kRowThreads);
}

#ifdef __CUDACC__

// Which of `count` heads a thread works on. Threads beyond the last work on it too, since shuffles need whole warps,
// and must not write.
struct HeadPlace {
  int64_t index;
  int lane, lanes, width;
  bool valid;

  __device__ HeadPlace(int64_t count, int lanes, int width) : lanes(lanes), width(width) {
    const int64_t thread = static_cast<int64_t>(blockIdx.x) * kRowThreads + threadIdx.x, mine = thread / lanes;
    valid = mine < count;
    index = valid ? mine : count - 1;
    lane = static_cast<int>(threadIdx.x) % lanes;
  }
};

template <class Layout>
struct Head {
  static constexpr int kVec = Layout::kVec, kChunks = Layout::kChunks;
  float v[kChunks][kVec] = {};

  // body(chunk, its first element) for the chunks of this lane.
  template <class Body>
  __device__ static void each(const HeadPlace& place, Body body) {
#pragma unroll
    for (int i = 0; i < kChunks; ++i) {
      const int first = (i * place.lanes + place.lane) * kVec;
      if (first < place.width) body(i, first);
    }
  }
  template <class T>
  __device__ void load_head(const T* head, const HeadPlace& place) {
    each(place, [&](int i, int first) { load(head + first, v[i]); });
  }
  __device__ float dot(const Head& other, const HeadPlace& place) const {
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kChunks; ++i)
      for (int j = 0; j < kVec; ++j) sum += v[i][j] * other.v[i][j];
    for (int offset = place.lanes / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(0xffffffffU, sum, offset);
    return sum;
  }
};

#endif  // __CUDACC__

}  // namespace pgolf
