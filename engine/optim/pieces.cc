#include "engine/optim/pieces.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace pgolf {

void add_pieces(std::vector<int32_t>& table, int64_t offset, int64_t numel) {
  check(offset % kPieceUnit == 0, "a tensor at {} of flat storage, which is no multiple of {}", offset, kPieceUnit);
  for (int64_t at = 0; at < numel; at += kPieceElements) {
    const int64_t units = (offset + at) / kPieceUnit;
    check(std::in_range<int32_t>(units), "flat storage of more than 2^37 elements");
    table.push_back(static_cast<int32_t>(units));
    table.push_back(static_cast<int32_t>(std::min(kPieceElements, numel - at)));
  }
}

const Tensor& PieceTables::of(Context& ctx, const std::vector<size_t>& members) {
  if (const auto found = tables_.find(members); found != tables_.end()) return found->second;
  std::vector<int32_t> table;
  for (const size_t member : members) {
    const Param& param = params_.list()[member];
    add_pieces(table, param.offset, param.master.numel());
  }
  const Tensor out = arena_.alloc({static_cast<int64_t>(table.size()) / 2, 2}, DType::i32);
  ctx.copy(out, {table.data(), out.shape, DType::i32, kCpu});
  return tables_.emplace(members, out).first->second;
}

std::vector<size_t> with_grad(const Params& params, const std::vector<size_t>& members) {
  std::vector<size_t> out;
  std::copy_if(members.begin(), members.end(), std::back_inserter(out), [&](size_t member) {
    const Param& param = params.list()[member];
    return !param.frozen && param.has_grad();
  });
  return out;
}

}  // namespace pgolf
