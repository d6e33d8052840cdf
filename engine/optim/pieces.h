// Some of a model's tensors, cut into pieces of bounded size: what one launch over many tensors works through.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "engine/model/params.h"

namespace pgolf {

inline constexpr int64_t kPieceElements = 4096;
// Tensors start at multiples of this in flat storage; offsets are counted in it, so that 32 bits reach 2^37 elements:
// the adapters of one group of documents can pass 2^31.
inline constexpr int64_t kPieceUnit = 64;

// Appends a tensor's pieces: the offset of each in units, and its elements.
void add_pieces(std::vector<int32_t>& table, int64_t offset, int64_t numel);

// Tables of pieces for sets of tensors, built on first use and kept: the set that has gradients rarely changes.
class PieceTables {
 public:
  PieceTables(Context& ctx, const Params& params) : params_(params), arena_(ctx.device()) {}

  // [n, 2] i32 on the device: offset in the flat storage in units, and elements (at most kPieceElements).
  const Tensor& of(Context& ctx, const std::vector<size_t>& members);

 private:
  const Params& params_;
  Arena arena_;
  std::map<std::vector<size_t>, Tensor> tables_;
};

// Indices in params.list() of those `members` that have a gradient and are not frozen.
std::vector<size_t> with_grad(const Params& params, const std::vector<size_t>& members);

}  // namespace pgolf
