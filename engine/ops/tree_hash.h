// SHA-256 trees over the bytes of tensors: a digest of each of many parts, in a few launches.
//
//   tree(bytes):  cut into nodes of 1,024 bytes, the last with what is left, and replace each by its SHA-256;
//                 the digests, one after the other, are the bytes of the next level; the last one left is the tree's.
//
// A part of at most 1,024 bytes has its plain SHA-256. A level is known from a part's size, which whoever compares two
// digests knows, so that no node can stand for one of another level. SHA-256: FIPS 180-4; the form is that of a Merkle
// tree, because one chain over a tensor would keep one lane of a GPU busy and no other.
#pragma once

#include <span>
#include <vector>

#include "engine/core/context.h"

namespace pgolf {

inline constexpr int64_t kTreeNodeBytes = 1024, kDigestBytes = 32;

// `bytes` from byte `begin` on of the tensor number `source`; its digest is row `row`.
struct TreePart {
  int source = 0;
  int64_t begin = 0, bytes = 0;  // begin: a multiple of 16; bytes: of 4, above 0
  int64_t row = 0;
};

class TreeHash {
 public:
  static constexpr int kMostSources = 8;

  // Memory for all levels is taken here, and none later. Each byte of a part is read once.
  TreeHash(Context& ctx, const std::vector<TreePart>& parts);

  // digests [rows, 32] u8: the rows of the parts are written, others are left. Sources are contiguous.
  void run(Context& ctx, std::span<const Tensor> sources, const Tensor& digests) const;

 private:
  Arena arena_;
  std::vector<Tensor> levels_;  // [nodes, 4] i32 on the device, as TreeHashKernel takes them
  Tensor inner_;                // [inner nodes, 32] u8
};

template <class Backend>
struct TreeHashKernel {
  // nodes [n, 4] i32: which of `sources`, where in it (in 16 bytes), how many bytes (at most 1,024), and where its
  // digest goes: row i of `inner`, or for -1 - i row i of `digests`.
  static void run(Context& ctx, std::span<const Tensor> sources, const Tensor& nodes, const Tensor& inner,
                  const Tensor& digests);
};

}  // namespace pgolf
