#include "engine/eval/hedge_mixer.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <random>

namespace pgolf {
namespace {

constexpr int64_t kVocab = 11;

std::vector<int32_t> random_tokens(size_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::vector<int32_t> out(count);
  for (auto& t : out) t = static_cast<int32_t>(generator() % kVocab);
  out[0] = kVocab - 1;
  return out;
}

// The experts' formulas in float64, from maps instead of tables.
class NaiveCounts {
 public:
  void update(const std::vector<int32_t>& t) {
    for (size_t i = 0; i < t.size(); ++i) {
      const int64_t y = t[i];
      add(1, 0, y);
      if (i >= 1) add(2, t[i - 1], y);
      if (i >= 2) add(3, trigram(t[i - 2], t[i - 1]), y);
      if (i >= 3) add(4, quadgram(t[i - 3], t[i - 2], t[i - 1]), y);
    }
  }
  double nll(int expert, int64_t a3, int64_t a2, int64_t a1, int64_t y) {
    switch (expert) {
      case 1: return of(1, 0, y, 0.1, 0);
      case 2: return of(2, a1, y, 0.1, 0);
      case 3: return of(3, trigram(a2, a1), y, 0.01, 1);
      default: return of(4, quadgram(a3, a2, a1), y, 0.005, 1);
    }
  }

 private:
  static int64_t trigram(int64_t a2, int64_t a1) { return ((a2 * 36313) ^ (a1 * 27191)) % 65536; }
  static int64_t quadgram(int64_t a3, int64_t a2, int64_t a1) {
    return ((a3 * 48271) ^ (a2 * 36313) ^ (a1 * 27191)) % 32768;
  }
  void add(int64_t n, int64_t row, int64_t y) { ++cells_[{n, row, y}], ++cells_[{n, row, -1}]; }
  double of(int64_t n, int64_t row, int64_t y, double smoothing, double least) {
    const double total = std::max(cells_[{n, row, -1}], least);
    return -std::log((cells_[{n, row, y}] + smoothing) / (total + smoothing * kVocab));
  }
  std::map<std::array<int64_t, 3>, double> cells_;
};

TEST(HedgeMixer, ExpertsFollowTheirFormulas) {
  constexpr uint64_t kSeed = 7;
  NgramCounts counts(kVocab, 1);
  NaiveCounts naive;
  for (uint64_t chunk = 0; chunk < 3; ++chunk) {  // n-grams do not reach over the edge of a call
    const auto tokens = random_tokens(200, kSeed + chunk);
    counts.update(tokens);
    naive.update(tokens);
  }
  EXPECT_EQ(counts.total(), 600);
  const auto query = random_tokens(400, kSeed + 9);
  for (size_t i = 3; i < query.size(); ++i) {
    ExpertNll nll{};
    counts.nll({query[i - 1], query[i - 2], query[i - 3]}, query[i], nll);
    for (int k = 1; k <= 4; ++k)
      EXPECT_NEAR(nll[static_cast<size_t>(k)], naive.nll(k, query[i - 3], query[i - 2], query[i - 1], query[i]), 2e-6)
          << "expert " << k << ", seed " << kSeed;
  }
}

TEST(HedgeMixer, MixesAndLearnsByHand) {
  TttConfig ttt;
  ttt.mixer_eta = 0.1;
  HedgeWeights weights(ttt);
  const ExpertNll nll{1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 0.5F};
  // softmax(2, 0, 0, 0, 0, 0): e^2 / (e^2 + 5) and 1 / (e^2 + 5)
  const double e2 = std::exp(2.0);
  const double p =
      (e2 * std::exp(-1.0) + std::exp(-2.0) + std::exp(-3.0) + std::exp(-4.0) + std::exp(-5.0) + std::exp(-0.5)) /
      (e2 + 5);
  EXPECT_NEAR(weights.mix(nll), -std::log(p), 1e-6);

  weights.update(nll, 10000);  // 0.1 / (1 + 1) = 0.05
  EXPECT_NEAR(weights.log_weights()[0], 2.0 - 0.05 * 1.0, 1e-6);
  EXPECT_NEAR(weights.log_weights()[4], -0.05 * 5.0, 1e-6);

  ttt.mixer_entropy_expert = false;
  const HedgeWeights five(ttt);
  const double q = (e2 * std::exp(-1.0) + std::exp(-2.0) + std::exp(-3.0) + std::exp(-4.0) + std::exp(-5.0)) / (e2 + 4);
  EXPECT_NEAR(five.mix(nll), -std::log(q), 1e-6);
}

// Sum of the mixture over the vocabulary, the model being `model[y]`, after some text.
double mass(bool entropy_expert, const std::vector<double>& model, const NgramContext& context, size_t seen) {
  TttConfig ttt;
  ttt.mixer_entropy_expert = entropy_expert;
  const HedgeWeights weights(ttt);
  NgramCounts counts(kVocab, entropy_expert ? 1 : 0);
  counts.update(random_tokens(seen, 3));
  double entropy = 0, sum = 0;
  for (const double p : model) entropy -= p * std::log(p);
  for (size_t y = 0; y < model.size(); ++y) {
    ExpertNll nll{};
    nll[0] = static_cast<float>(-std::log(model[y]));
    nll[5] = static_cast<float>(entropy);
    counts.nll(context, static_cast<int32_t>(y), nll);
    sum += std::exp(-static_cast<double>(weights.mix(nll)));
  }
  return sum;
}

TEST(HedgeMixer, IsADistributionWithoutTheEntropyExpertAlone) {
  std::vector<double> certain(kVocab, 0.01 / (kVocab - 1));
  certain[4] = 0.99;
  EXPECT_NEAR(mass(false, certain, {1, 2, 3}, 5000), 1.0, 1e-5);
  EXPECT_NEAR(mass(false, certain, {1, 2, 3}, 4), 1.0, 1e-5);  // rows that were never seen
  // Certain model: H -> 0, so expert 5 gives every id nearly 1. As run: (e^2 + 4 + V exp(-H)) / (e^2 + 5).
  const double H = -(0.99 * std::log(0.99) + 0.01 * std::log(0.01 / (kVocab - 1)));
  const double e2 = std::exp(2.0);
  EXPECT_NEAR(mass(true, certain, {1, 2, 3}, 5000), (e2 + 4 + kVocab * std::exp(-H)) / (e2 + 5), 1e-4);
}

// The validation set has 62 million ids; float32 cannot count beyond 2^24 of them.
TEST(HedgeMixer, CountsBeyond24Bits) {
  constexpr int64_t kCalls = 18;
  std::vector<int32_t> tokens(size_t{1} << 20, 3);  // nearly all of one id: rows and cells of every expert pass 2^24
  tokens.front() = kVocab - 1;
  NgramCounts counts(kVocab, 1);
  for (int64_t i = 0; i < kCalls; ++i) counts.update(tokens);
  const double n = static_cast<double>(kCalls) * (1 << 20), first = kCalls;
  ASSERT_GT(n, 1 << 24);
  std::array<double, 5> mass{};
  for (int32_t y = 0; y < kVocab; ++y) {
    ExpertNll nll{};
    counts.nll({3, 3, 3}, y, nll);
    for (size_t k = 1; k <= 4; ++k) mass[k] += std::exp(-static_cast<double>(nll[k]));
    if (y != kVocab - 1) continue;
    EXPECT_NEAR(nll[1], -std::log((first + 0.1) / (n + 0.1 * kVocab)), 1e-5);
    EXPECT_NEAR(nll[2], -std::log(0.1 / (n - 2 * first + 0.1 * kVocab)), 1e-5);
    EXPECT_NEAR(nll[3], -std::log(0.01 / (n - 3 * first + 0.01 * kVocab)), 1e-5);
    EXPECT_NEAR(nll[4], -std::log(0.005 / (n - 4 * first + 0.005 * kVocab)), 1e-5);
  }
  for (size_t k = 1; k <= 4; ++k) EXPECT_NEAR(mass[k], 1.0, 1e-6) << "expert " << k;
}

TEST(HedgeMixer, UnknownIdsHaveNoMassAndNoHistory) {
  NgramCounts counts(kVocab, 1);
  counts.update(random_tokens(100, 1));
  ExpertNll nll{};
  counts.nll({kVocab + 5, 2, 3}, 1, nll);
  EXPECT_NEAR(nll[2], std::log(static_cast<double>(kVocab)), 1e-6);
  counts.nll({1, 2, 3}, kVocab, nll);
  for (int k = 1; k <= 4; ++k) EXPECT_EQ(nll[static_cast<size_t>(k)], INFINITY);
}

}  // namespace
}  // namespace pgolf
