// Whether a run reproduces the number in its submission's title. The rule is in docs/judging.md, and nowhere else than
// in reproduction.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "db/rows.h"

namespace pgolf {

enum class Reproduced { yes, no, inconclusive };

struct Reproduction {
  Reproduced outcome = Reproduced::inconclusive;
  std::string reason;  // one line
  std::string eval;    // the pass that the claim is about: "ttt"
  // Bits per byte, as far as the comparison got.
  std::optional<double> claimed, observed, difference;
  std::optional<double> margin;  // 0.005 nats per token at this run's bytes per token
  std::optional<double> spread;  // half of the interval that the claimed seeds leave a further run
  int64_t claimed_seeds = 0;
};

// "reproduced", "not reproduced", "inconclusive"
const char* reproduced_name(Reproduced outcome);

// What the latest judgement says of a rule under the strict reading; "" if it says nothing.
std::string judged_strictly(const RunRecord& record, std::string_view rule);

// A pure function of the record. Errors: database if a document of the record is damaged.
Reproduction reproduction_of(const RunRecord& record);

}  // namespace pgolf
