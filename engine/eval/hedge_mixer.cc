#include "engine/eval/hedge_mixer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr float kLogWeightOfModel = 2.0F;
constexpr double kEtaDecay = 0.0001;  // per counted id

int64_t hashed(int64_t a, int64_t factor) { return a * factor; }

// ln of the sum of exp, over the first n.
float log_sum_exp(const ExpertNll& x, int n) {
  const float max = *std::max_element(x.begin(), x.begin() + n);
  float sum = 0;
  for (int k = 0; k < n; ++k) sum += std::exp(x[static_cast<size_t>(k)] - max);
  return max + std::log(sum);
}

}  // namespace

NgramCounts::Counts::Counts(int64_t rows, int64_t v)
    : vocab(v), cells(static_cast<size_t>(rows * v)), totals(static_cast<size_t>(rows)) {}

void NgramCounts::Counts::add(int64_t row, int32_t id) {
  ++cells[static_cast<size_t>(row * vocab + id)];
  ++totals[static_cast<size_t>(row)];
}

float NgramCounts::Counts::nll(int64_t row, int32_t id, float smoothing, int64_t least) const {
  if (id >= vocab) return std::numeric_limits<float>::infinity();
  const bool known = row < static_cast<int64_t>(totals.size());
  const int64_t count = known ? cells[static_cast<size_t>(row * vocab + id)] : 0;
  const int64_t total = std::max<int64_t>(known ? totals[static_cast<size_t>(row)] : 0, least);
  return -std::log((static_cast<float>(count) + smoothing) /
                   (static_cast<float>(total) + smoothing * static_cast<float>(vocab)));
}

NgramCounts::NgramCounts(int64_t vocab, int64_t least_total)
    : vocab_(vocab),
      least_total_(least_total),
      unigram_(1, vocab),
      bigram_(vocab, vocab),
      trigram_(kTrigramRows, vocab),
      quadgram_(kQuadgramRows, vocab) {}

int64_t NgramCounts::trigram_row(const NgramContext& c) {
  return (hashed(c.a2, 36313) ^ hashed(c.a1, 27191)) % kTrigramRows;
}

int64_t NgramCounts::quadgram_row(const NgramContext& c) {
  return (hashed(c.a3, 48271) ^ hashed(c.a2, 36313) ^ hashed(c.a1, 27191)) % kQuadgramRows;
}

void NgramCounts::update(std::span<const int32_t> tokens) {
  total_ += static_cast<int64_t>(tokens.size());
  check(total_ <= std::numeric_limits<uint32_t>::max(), "ngram counts: {} ids are more than they hold", total_);
  for (size_t i = 0; i < tokens.size(); ++i) {
    const int32_t id = tokens[i];
    check(id >= 0 && id < vocab_, "ngram counts: id {} of {}", id, vocab_);
    unigram_.add(0, id);
    if (i >= 1) bigram_.add(tokens[i - 1], id);
    if (i >= 2) trigram_.add(trigram_row({tokens[i - 1], tokens[i - 2], 0}), id);
    if (i >= 3) quadgram_.add(quadgram_row({tokens[i - 1], tokens[i - 2], tokens[i - 3]}), id);
  }
}

void NgramCounts::nll(const NgramContext& c, int32_t target, ExpertNll& out) const {
  out[1] = unigram_.nll(0, target, 0.1F, 0);
  out[2] = bigram_.nll(c.a1, target, 0.1F, 0);
  out[3] = trigram_.nll(trigram_row(c), target, 0.01F, least_total_);
  out[4] = quadgram_.nll(quadgram_row(c), target, 0.005F, least_total_);
}

HedgeWeights::HedgeWeights(const TttConfig& ttt)
    : experts_(ttt.mixer_entropy_expert ? kNumExperts : kNumExperts - 1), eta_(static_cast<float>(ttt.mixer_eta)) {
  log_weights_[0] = kLogWeightOfModel;
}

float HedgeWeights::mix(const ExpertNll& nll) const {
  const float normaliser = log_sum_exp(log_weights_, experts_);
  ExpertNll joint{};
  for (int i = 0; i < experts_; ++i) {
    const auto k = static_cast<size_t>(i);
    joint[k] = -nll[k] + (log_weights_[k] - normaliser);
  }
  return -log_sum_exp(joint, experts_);
}

void HedgeWeights::update(const ExpertNll& mean, int64_t counted) {
  const auto rate = static_cast<float>(static_cast<double>(eta_) / (1.0 + kEtaDecay * static_cast<double>(counted)));
  for (int i = 0; i < experts_; ++i) log_weights_[static_cast<size_t>(i)] -= rate * mean[static_cast<size_t>(i)];
}

}  // namespace pgolf
