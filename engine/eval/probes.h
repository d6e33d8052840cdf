// Measures, at sampled targets of a scored pass, what the ledger cannot show: that what is scored is a distribution,
// and that it does not depend on what comes later. State is left as it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/eval/predictor.h"
#include "engine/evidence/events.h"

namespace pgolf {

class Probes {
 public:
  // `count` different targets of [1, targets), drawn with `seed`; fewer where there are not so many.
  Probes(EventLog& events, std::string pass, int64_t targets, int64_t count, int64_t seed, int64_t vocab_size);

  // Probes the samples that the batch scores and no batch before it did, in the state in which they will be scored:
  //   normalisation  exp(-nll) summed over every token as the target;
  //   causality      losses of the whole batch, taken again with all tokens from the target on replaced by others: the
  //                  losses of targets before it must be equal bit for bit.
  void run(const WindowBatch& batch, Predictor& predictor);

  const std::vector<int64_t>& pending() const { return pending_; }  // ascending

 private:
  void probe_normalisation(const WindowBatch& batch, Predictor& predictor, int64_t position, int64_t target,
                           float scored);
  void probe_causality(const WindowBatch& batch, Predictor& predictor, const std::vector<float>& scored,
                       int64_t target);
  int32_t other_token(int64_t target, int64_t index, int32_t token) const;

  EventLog& events_;
  std::string pass_;
  uint64_t seed_;
  int64_t vocab_size_;
  std::vector<int64_t> pending_;
};

}  // namespace pgolf
