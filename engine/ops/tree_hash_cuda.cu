// A lane a node: SHA-256 is one chain of 64 rounds a block, and a step's tensors have 10^5 nodes. What bounds it is
// integer arithmetic, some 1,900 instructions per 64 bytes, not memory.
#include "engine/core/backend.h"
#include "engine/core/cuda.h"
#include "engine/ops/tree_hash.h"

namespace pgolf {
namespace {

constexpr int kThreads = 128, kWords = 16;

__constant__ uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct Sources {
  const uint8_t* data[TreeHash::kMostSources + 1];  // the last: inner nodes
};

__device__ uint32_t rotated(uint32_t x, int by) { return __funnelshift_r(x, x, by); }
__device__ uint32_t swapped(uint32_t x) { return __byte_perm(x, 0, 0x0123); }

__device__ void compress(uint32_t (&h)[8], uint32_t (&w)[kWords]) {
  uint32_t s[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) s[i] = h[i];
#pragma unroll
  for (int t = 0; t < 64; ++t) {
    uint32_t& word = w[t % kWords];
    if (t >= kWords) {
      const uint32_t a = w[(t + 1) % kWords], b = w[(t + 14) % kWords];
      word += (rotated(a, 7) ^ rotated(a, 18) ^ (a >> 3)) + w[(t + 9) % kWords] +
              (rotated(b, 17) ^ rotated(b, 19) ^ (b >> 10));
    }
    const uint32_t choice = (s[4] & s[5]) ^ (~s[4] & s[6]), majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
    const uint32_t first =
        s[7] + (rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)) + choice + kRound[t] + word;
    const uint32_t second = (rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)) + majority;
#pragma unroll
    for (int i = 7; i > 0; --i) s[i] = s[i - 1];
    s[4] += first;
    s[0] = first + second;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) h[i] += s[i];
}

// Words 16 b.. of a message of `words` words, its padding included.
__device__ void load_block(const uint32_t* message, int b, int words, uint32_t (&w)[kWords]) {
  if ((b + 1) * kWords <= words) {
    const auto* quads = reinterpret_cast<const uint4*>(message + b * kWords);
#pragma unroll
    for (int i = 0; i < kWords / 4; ++i) {
      const uint4 quad = quads[i];
      w[4 * i] = swapped(quad.x), w[4 * i + 1] = swapped(quad.y);
      w[4 * i + 2] = swapped(quad.z), w[4 * i + 3] = swapped(quad.w);
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < kWords; ++i) {
    const int at = b * kWords + i;
    w[i] = at < words ? swapped(message[at]) : at == words ? 0x80000000U : 0;
  }
  if ((b + 1) * kWords >= words + 3) w[kWords - 1] = static_cast<uint32_t>(words) * 32;  // the length in bits
}

__global__ void __launch_bounds__(kThreads)
    tree_kernel(Sources sources, const int4* nodes, int64_t count, uint8_t* inner, uint8_t* digests) {
  const int64_t n = static_cast<int64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (n >= count) return;
  const int4 node = nodes[n];
  const auto* message = reinterpret_cast<const uint32_t*>(sources.data[node.x] + static_cast<int64_t>(node.y) * 16);
  const int words = node.z / 4, blocks = (words + 3 + kWords - 1) / kWords;
  uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (int b = 0; b < blocks; ++b) {
    uint32_t w[kWords];
    load_block(message, b, words, w);
    compress(h, w);
  }
  auto* out = reinterpret_cast<uint32_t*>(node.w < 0 ? digests + static_cast<int64_t>(-1 - node.w) * kDigestBytes
                                                     : inner + static_cast<int64_t>(node.w) * kDigestBytes);
#pragma unroll
  for (int i = 0; i < 8; ++i) out[i] = swapped(h[i]);
}

}  // namespace

template <>
void TreeHashKernel<Cuda>::run(Context& ctx, std::span<const Tensor> sources, const Tensor& nodes, const Tensor& inner,
                               const Tensor& digests) {
  Sources from{};
  for (size_t i = 0; i < sources.size(); ++i) from.data[i] = static_cast<const uint8_t*>(sources[i].data);
  from.data[TreeHash::kMostSources] = inner.as<uint8_t>();
  const int64_t count = nodes.shape[0], grid = (count + kThreads - 1) / kThreads;
  tree_kernel<<<static_cast<unsigned>(grid), kThreads, 0, work_queue(ctx)>>>(
      from, reinterpret_cast<const int4*>(nodes.as<int32_t>()), count, inner.as<uint8_t>(), digests.as<uint8_t>());
  launched("tree hash");
}

}  // namespace pgolf
