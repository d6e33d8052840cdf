// PR 849's mixture of the model with counts of the text scored so far (docs/techniques.md, HedgeMixer).
//
// Expert by expert, the NLL of target y after ..., a3, a2, a1, with V' the largest validation id + 1 and N the ids
// counted:
//   0 neural    -ln softmax(z/τ)_y
//   1 unigram   -ln[(uni_y + 0.1) / (N + 0.1 V')]
//   2 bigram    -ln[(bi_{a1,y} + 0.1) / (sum bi_{a1} + 0.1 V')]
//   3 trigram   -ln[(c + 0.01) / (max(total, 1) + 0.01 V')], row ((36313 a2) xor (27191 a1)) mod 65536
//   4 4-gram    0.005 in place of 0.01, row ((48271 a3) xor (36313 a2) xor (27191 a1)) mod 32768
//   5 entropy   H(softmax(z/τ)), whatever y is: no distribution over y.
//
// Without ttt.mixer_entropy_expert the mixture is a distribution: expert 5 is left out, and rows that were never seen
// divide by their own total, 0, in place of 1, so that 3 and 4 predict every id alike there; as run they sum to less
// than 1.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/config/config.h"

namespace pgolf {

inline constexpr int kNumExperts = 6;
using ExpertNll = std::array<float, kNumExperts>;  // by expert; one that is left out has no part in anything

// The last ids before a target; 0 before the start of a window.
struct NgramContext {
  int32_t a1 = 0, a2 = 0, a3 = 0;
};

// Count tables. Whole numbers: a float32 stops counting at 2^24, which the validation stream passes.
class NgramCounts {
 public:
  // `vocab` is V'; `least_total` what a trigram or 4-gram row counts at least.
  NgramCounts(int64_t vocab, int64_t least_total);

  // Counts consecutive ids: pairs and longer within them, none across calls.
  void update(std::span<const int32_t> tokens);
  // Experts 1 to 4 into `out`. An id beyond V' has probability 0, and as a context it has never been seen; the
  // validation stream has none, probes do.
  void nll(const NgramContext& context, int32_t target, ExpertNll& out) const;
  int64_t total() const { return total_; }

 private:
  static constexpr int64_t kTrigramRows = 65536, kQuadgramRows = 32768;
  static int64_t trigram_row(const NgramContext& c);
  static int64_t quadgram_row(const NgramContext& c);

  // Rows of counts and their totals.
  struct Counts {
    Counts(int64_t rows, int64_t vocab);
    void add(int64_t row, int32_t id);
    // -ln[(count + smoothing) / (max(total, least) + smoothing V')]
    float nll(int64_t row, int32_t id, float smoothing, int64_t least) const;
    int64_t vocab;
    std::vector<uint32_t> cells, totals;
  };
  int64_t vocab_, total_ = 0, least_total_;
  Counts unigram_, bigram_, trigram_, quadgram_;
};

// One rank's log-weights: exponentiated gradient on mean losses (Hedge).
class HedgeWeights {
 public:
  explicit HedgeWeights(const TttConfig& ttt);  // (2, 0, 0, 0, 0, 0)

  // -ln sum_k softmax(w)_k exp(-nll_k)
  float mix(const ExpertNll& nll) const;
  // w_k -= eta / (1 + 0.0001 counted) · mean_k
  void update(const ExpertNll& mean, int64_t counted);

  const ExpertNll& log_weights() const { return log_weights_; }

 private:
  int experts_;
  float eta_;
  ExpertNll log_weights_{};
};

}  // namespace pgolf
