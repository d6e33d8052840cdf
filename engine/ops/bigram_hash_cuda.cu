#include "engine/ops/bigram_hash.h"
#include "engine/ops/cuda_rows.cuh"

namespace pgolf {
namespace {

constexpr int kThreads = 256;
constexpr int64_t kThisFactor = 36313, kPreviousFactor = 27191;

__global__ void hash_kernel(const int32_t* ids, int32_t* out, int64_t n, int64_t seq_len, bool additive,
                            int64_t buckets) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const bool first = i % seq_len == 0;
  const int64_t now = kThisFactor * ids[i], before = first ? 0 : kPreviousFactor * ids[i - 1];
  if (additive) {
    out[i] = first ? 0 : static_cast<int32_t>((now + before) % buckets);
  } else {
    const auto m = static_cast<int32_t>(buckets - 1);
    const int32_t remainder = static_cast<int32_t>(static_cast<uint32_t>(now) ^ static_cast<uint32_t>(before)) % m;
    out[i] = first ? m : remainder < 0 ? remainder + m : remainder;
  }
}

}  // namespace

template <>
void BigramHashKernel<Cuda>::forward(Context& ctx, const Tensor& ids, PairHash hash, int64_t buckets,
                                     const Tensor& out) {
  const auto blocks = static_cast<unsigned>((ids.numel() + kThreads - 1) / kThreads);
  hash_kernel<<<blocks, kThreads, 0, work_queue(ctx)>>>(ids.as<int32_t>(), out.as<int32_t>(), ids.numel(), ids.shape[1],
                                                        hash == PairHash::additive, buckets);
  launched("bigram_hash");
}

}  // namespace pgolf
