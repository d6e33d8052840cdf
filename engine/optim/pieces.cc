#include "engine/optim/pieces.h"

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace pgolf {

const Tensor& PieceTables::of(Context& ctx, const std::vector<size_t>& members) {
  if (const auto found = tables_.find(members); found != tables_.end()) return found->second;
  std::vector<int32_t> table;
  for (const size_t member : members) {
    const Param& param = params_.list()[member];
    const int64_t end = param.offset + param.master.numel();
    check(end <= std::numeric_limits<int32_t>::max(), "{}: beyond 2^31 elements of flat storage", param.name);
    for (int64_t at = param.offset; at < end; at += kPieceElements) {
      table.push_back(static_cast<int32_t>(at));
      table.push_back(static_cast<int32_t>(std::min(kPieceElements, end - at)));
    }
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
