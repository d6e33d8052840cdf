#include "engine/eval/probes.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "base/error.h"

namespace pgolf {
namespace {

// The two ways to a loss round differently, most where logits are bfloat16; more than this is a defect of ours.
constexpr float kSameLoss = 0.1F;

// SplitMix64: a well mixed function of its argument.
uint64_t mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

}  // namespace

Probes::Probes(EventLog& events, std::string pass, int64_t targets, int64_t count, int64_t seed, int64_t vocab_size)
    : events_(events), pass_(std::move(pass)), seed_(mix(static_cast<uint64_t>(seed))), vocab_size_(vocab_size) {
  std::set<int64_t> chosen;
  count = std::min(count, targets - 1);
  for (uint64_t draw = 0; static_cast<int64_t>(chosen.size()) < count; ++draw)
    chosen.insert(1 + static_cast<int64_t>(mix(seed_ + draw) % static_cast<uint64_t>(targets - 1)));
  pending_.assign(chosen.begin(), chosen.end());
}

void Probes::run(const WindowBatch& batch, Predictor& predictor) {
  std::vector<float> scored, all;  // [B T], once one sample is in the batch; all: of every position of its windows
  WindowBatch whole = batch;
  for (Window& w : whole.windows) w.score_begin = w.begin, w.score_end = w.begin + w.length;
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = batch.windows[static_cast<size_t>(b)];
    auto next = std::lower_bound(pending_.begin(), pending_.end(), w.score_begin);
    while (next != pending_.end() && *next < w.score_end) {
      if (scored.empty()) scored = predictor.nll(batch), all = predictor.nll(whole);
      const int64_t target = *next, position = batch.position(b, target);
      next = pending_.erase(next);
      probe_normalisation(batch, predictor, position, target, scored[static_cast<size_t>(position)]);
      probe_causality(whole, predictor, all, target);
    }
  }
}

void Probes::probe_normalisation(const WindowBatch& batch, Predictor& predictor, int64_t position, int64_t target,
                                 float scored) {
  const std::vector<float> nll = predictor.nll_of_all(batch, position);
  const float same = nll[static_cast<size_t>(batch.targets[static_cast<size_t>(position)])];
  check(!(std::abs(same - scored) > kSameLoss), "probe of target {}: {} nats where {} are scored", target, same,
        scored);
  double sum = 0;
  for (const float x : nll) sum += std::exp(-static_cast<double>(x));
  events_.write(NormalisationEvent{.name = pass_, .target = target, .sum = sum});
}

void Probes::probe_causality(const WindowBatch& batch, Predictor& predictor, const std::vector<float>& scored,
                             int64_t target) {
  WindowBatch changed = batch;  // target i is token i+1, so inputs after `target` and targets from it on are replaced
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = batch.windows[static_cast<size_t>(b)];
    for (int64_t i = std::max(w.begin, target); i < w.begin + w.length; ++i) {
      const auto at = static_cast<size_t>(batch.position(b, i));
      if (i > target) changed.ids[at] = other_token(target, i, batch.ids[at]);
      changed.targets[at] = other_token(target, i + 1, batch.targets[at]);
    }
  }
  const std::vector<float> again = predictor.nll(changed);
  CausalityEvent event{.name = pass_, .target = target, .compared = 0, .changed = 0, .max_difference = 0};
  for (int64_t b = 0; b < batch.size(); ++b) {
    const Window& w = batch.windows[static_cast<size_t>(b)];
    for (int64_t i = w.begin; i < std::min(target, w.begin + w.length); ++i) {
      const auto at = static_cast<size_t>(batch.position(b, i));
      ++event.compared;
      if (std::memcmp(&again[at], &scored[at], sizeof scored[at]) == 0) continue;
      ++event.changed;
      event.max_difference = std::max(event.max_difference, std::abs(static_cast<double>(again[at]) - scored[at]));
    }
  }
  events_.write(event);
}

int32_t Probes::other_token(int64_t target, int64_t index, int32_t token) const {
  if (vocab_size_ < 2) return token;
  const uint64_t draw = mix(mix(seed_ ^ static_cast<uint64_t>(target)) + static_cast<uint64_t>(index));
  return static_cast<int32_t>((token + 1 + static_cast<int64_t>(draw % static_cast<uint64_t>(vocab_size_ - 1))) %
                              vocab_size_);
}

}  // namespace pgolf
