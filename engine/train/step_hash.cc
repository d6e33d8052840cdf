#include "engine/train/step_hash.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr int64_t kFloat = sizeof(float);

std::vector<size_t> all_of(const Params& params) {
  std::vector<size_t> out(params.list().size());
  std::iota(out.begin(), out.end(), size_t{0});
  return out;
}

}  // namespace

StepHash::StepHash(Context& ctx, const TrainingState& state, const Config& config, Comm& comm, int64_t slots)
    : state_(state),
      comm_(comm),
      ranks_(config.train.world_size),
      micro_batches_(config.train.grad_accum_steps),
      arena_(ctx.device()) {
  lay_out(config);
  const auto leaves = static_cast<int64_t>(layout_.names.size());
  digests_ = arena_.alloc({slots, leaves, kDigestBytes}, DType::u8);
  ctx.fill_zero(digests_);
  counters_.resize(static_cast<size_t>(slots));
  const int64_t tokens = config.train.batch_tokens / (ranks_ * micro_batches_);
  hash_batch_.emplace(ctx, std::vector<TreePart>{{.bytes = 2 * tokens * int64_t{sizeof(int32_t)}}});
  hash_gradients_.emplace(ctx, own_parts(gradients_));
}

void StepHash::lay_out(const Config& config) {
  for (int64_t rank = 0; rank < ranks_; ++rank)
    for (int64_t micro = 0; micro < micro_batches_; ++micro) {
      layout_.names.push_back(fmt::format("batch {}.{}", rank, micro));
      computed_by_.push_back(static_cast<int>(rank * comm_.processes() / ranks_));
    }
  const Params& params = state_.params();
  add_leaves(gradients_, 0, {"gradient", params.flat_grads(), all_of(params)});
  layout_.inputs = static_cast<int64_t>(layout_.names.size());
  int source = 0;
  for (const FlatState& values : state_.tensors()) add_leaves(states_, source++, values);
  layout_.names.emplace_back("counters");
  computed_by_.push_back(0);
}

// A leaf for each tensor, of a bank for each of its matrices.
void StepHash::add_leaves(std::vector<Leaf>& leaves, int source, const FlatState& values) {
  for (const size_t member : values.members) {
    const Param& param = state_.params().list()[member];
    const int64_t count = param.is_bank ? param.master.shape[0] : 1, numel = param.master.numel() / count;
    for (int64_t i = 0; i < count; ++i) {
      const int64_t offset = param.offset + i * numel;
      leaves.push_back({{source, offset * kFloat, numel * kFloat, static_cast<int64_t>(layout_.names.size())},
                        values.kind == "first",
                        offset});
      layout_.names.push_back(values.kind + " " + param.name + (param.is_bank ? fmt::format("[{}]", i) : ""));
      computed_by_.push_back(0);
    }
  }
}

// Of those that all processes have, each takes about as many bytes.
std::vector<TreePart> StepHash::own_parts(const std::vector<Leaf>& leaves) {
  int64_t total = 0, before = 0;
  for (const Leaf& leaf : leaves) total += leaf.part.bytes;
  std::vector<TreePart> out;
  for (const Leaf& leaf : leaves) {
    const auto owner = owners_.find(leaf.offset);
    const bool is_kept_apart = leaf.is_first && owner != owners_.end();
    int& process = computed_by_[static_cast<size_t>(leaf.part.row)];
    process = is_kept_apart ? owner->second : static_cast<int>(before * comm_.processes() / total);
    before += leaf.part.bytes;
    if (process == comm_.process()) out.push_back(leaf.part);
  }
  return out;
}

void StepHash::plan_state(Context& ctx) {
  const auto now = state_.owners();
  if (hash_state_ && now == owners_) return;
  owners_ = now;
  hash_state_.emplace(ctx, own_parts(states_));
}

void StepHash::add_batch(Context& ctx, int64_t slot, int rank, int64_t micro, const MicroBatch& batch) {
  hash_batch_->run(ctx, std::span(&batch.tokens, 1), row(slot).slice(rank * micro_batches_ + micro, 1));
}

void StepHash::add_gradients(Context& ctx, int64_t slot) {
  hash_gradients_->run(ctx, std::span(&state_.params().flat_grads(), 1), row(slot));
}

void StepHash::add_state(Context& ctx, int64_t slot, int64_t step) {
  plan_state(ctx);
  std::vector<Tensor> sources;
  for (const FlatState& values : state_.tensors()) sources.push_back(values.values);
  hash_state_->run(ctx, sources, row(slot));
  counters_[static_cast<size_t>(slot)] = state_.counters(step);
}

std::vector<std::vector<Digest>> StepHash::collect(Context& ctx, int64_t slots) {
  const Tensor some = digests_.slice(0, slots);
  std::string own(some.bytes(), '\0');
  ctx.copy({own.data(), some.shape, DType::u8, kCpu}, some);
  const std::vector<std::string> all = comm_.gather(std::move(own));
  std::vector<std::vector<Digest>> out;
  if (!comm_.is_first()) return out;
  const size_t leaves = layout_.names.size();
  for (size_t slot = 0; slot < static_cast<size_t>(slots); ++slot) {
    std::vector<Digest>& row = out.emplace_back(leaves);
    for (size_t i = 0; i < leaves; ++i)
      std::memcpy(row[i].data(), &all[static_cast<size_t>(computed_by_[i])][(slot * leaves + i) * sizeof(Digest)],
                  sizeof(Digest));
    row.back() = sha256(std::as_bytes(std::span(counters_[slot])));
  }
  return out;
}

}  // namespace pgolf
