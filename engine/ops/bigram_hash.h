// BigramHash: the hash of a token and the one before it, which indexes the bigram embedding's table.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

enum class PairHash { additive, xor_ };

// ids [B, T] i32 -> bucket of (id_{t-1}, id_t), [B, T] i32. Source: PR 334 (additive), PR 754 and 849 (xor).
//   additive: (36313 a_t + 27191 a_{t-1}) mod buckets, in int64; bucket 0 at t = 0.
//   xor_:     ((36313 a_t) xor (27191 a_{t-1})) mod (buckets - 1), in wrapping int32 with a floored remainder;
//             bucket buckets - 1 at t = 0.
Tensor bigram_hash(Context& ctx, const Tensor& ids, PairHash hash, int64_t buckets);

template <class Backend>
struct BigramHashKernel {
  static void forward(Context& ctx, const Tensor& ids, PairHash hash, int64_t buckets, const Tensor& out);
};

}  // namespace pgolf
