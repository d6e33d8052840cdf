#include "engine/optim/rank_mean.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "engine/optim/flat.h"

namespace pgolf {
namespace {

// Part `process` of n elements, cut where a cache line and a GPU's wide loads begin.
struct Slice {
  int64_t begin, count;
};
Slice slice_of(int64_t n, int process, int processes) {
  constexpr int64_t kUnit = 64;
  const int64_t each = (n + processes * kUnit - 1) / (processes * kUnit) * kUnit;
  const int64_t begin = std::min(n, each * process);
  return {begin, std::min(n, begin + each) - begin};
}

template <class F>
void for_slots(const Params& params, F f) {
  size_t index = 0;
  for (const Param& param : params.list())
    for (GradSlot& slot : param.slots) f(index++, slot);
}

}  // namespace

RankMean::RankMean(Context& ctx, Params& params, Comm& comm, int64_t world, std::vector<size_t> rounded)
    : params_(params), comm_(comm), world_(world), ranks_(comm.ranks(world).size()), rounded_(std::move(rounded)) {
  size_t slots = 0;
  for_slots(params, [&](size_t, GradSlot&) { ++slots; });
  written_.assign(slots, '0');
  while ((ranks_ - 1) >> partials_.size() != 0) partials_.emplace_back(ctx, params, Purpose::gradients);
}

void RankMean::add(Context& ctx) {
  for_slots(params_, [&](size_t i, const GradSlot& slot) {
    if (slot.written) written_[i] = '1';
  });
  if (world_ == 1) return;
  round(ctx);
  const Tensor& carry = params_.flat_grads();
  size_t level = 0;
  for (; (added_ >> level & 1) != 0; ++level) axpby(ctx, 1, partials_[level].values(), 1, carry);
  if (++added_ == ranks_) {  // what has no twin here, unless their number is a power of two
    for (++level; added_ >> level != 0; ++level)
      if ((added_ >> level & 1) != 0) axpby(ctx, 1, partials_[level].values(), 1, carry);
    return;
  }
  partials_[level].take(ctx, carry);
  params_.zero_grads(ctx);
}

void RankMean::finish(Context& ctx, int64_t divisor) {
  check(world_ == 1 || added_ == ranks_, "mean over ranks: {} of {}", added_, ranks_);
  added_ = 0;
  if (!comm_.is_alone()) {
    sum_over_processes(ctx);
    share_written();
  }
  const Tensor& sum = params_.flat_grads();
  if (divisor > 1) axpby(ctx, 1.0F / static_cast<float>(divisor), sum, 0, sum);
  if (world_ > 1) round(ctx);
  for_slots(params_, [&](size_t i, GradSlot& slot) {
    slot.written = written_[i] == '1';
    written_[i] = '0';
  });
}

void RankMean::round(Context& ctx) const {
  for (const size_t i : rounded_) round_to_bf16_(ctx, params_.list()[i].grad);
}

// Each process gets its slice of every partial sum, adds them up along the tree, and sends the result to all.
void RankMean::sum_over_processes(Context& ctx) {
  const Tensor& grads = params_.flat_grads();
  const int processes = comm_.processes(), own = comm_.process();
  const auto part = [&](int p) {
    const Slice s = slice_of(grads.numel(), p, processes);
    return grads.slice(s.begin, s.count);
  };
  const ArenaScope scope(ctx.scratch());
  const Tensor mine = part(own);
  const int64_t n = mine.numel();
  const Tensor gathered = ctx.scratch().alloc({processes, std::max<int64_t>(n, 1)}, DType::f32);
  const auto row = [&](int p) { return gathered[p].slice(0, n); };
  std::vector<Parcel> sends, receives;
  for (int p = 0; p < processes; ++p) {
    if (p == own) continue;
    if (part(p).numel() > 0) sends.push_back({p, part(p)});
    if (n > 0) receives.push_back({p, row(p)});
  }
  if (n > 0) ctx.copy(row(own), mine);
  comm_.exchange(ctx, sends, receives);
  for (int step = 1; step < processes && n > 0; step *= 2)
    for (int p = 0; p + step < processes; p += 2 * step) axpby(ctx, 1, row(p + step), 1, row(p));
  if (n > 0) ctx.copy(mine, row(0));
  comm_.all_gather(ctx, part);
}

void RankMean::share_written() {
  for (const std::string& other : comm_.gather(written_))
    for (size_t i = 0; i < other.size(); ++i) written_[i] = std::max(written_[i], other[i]);
  written_ = comm_.broadcast(std::move(written_));
}

}  // namespace pgolf
