// Whether a run reproduces the number in its submission's title (docs/judging.md, Reproduction).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "db/rows.h"
#include "judge/ruleset.h"
#include "judge/verdict.h"

namespace pgolf {

enum class Reproduced { yes, no, inconclusive, nothing_claimed };

struct Reproduction {
  Reproduced outcome = Reproduced::inconclusive;
  std::string reason;  // one line
  std::string eval;    // the pass that the claim is about: "ttt"
  // Bits per byte, as far as the comparison got.
  std::optional<double> claimed, observed, difference;
  std::optional<double> margin;  // the ruleset's, at this run's bytes per token
  std::optional<double> spread;  // half of the interval that the claimed seeds leave a further run
  int64_t claimed_seeds = 0;
};

// "reproduced", "not reproduced", "inconclusive", "nothing claimed"
const char* reproduced_name(Reproduced outcome);

// What the latest judgement says of a rule under the strict reading; nothing if it says nothing. Errors: database for a
// damaged document.
std::optional<Verdict> judged_strictly(const RunRecord& record, std::string_view rule);

// By the margin that a record has to keep. Errors: database if a document of the record is damaged.
Reproduction reproduction_of(const RunRecord& record, const std::optional<RecordMargin>& margin);

}  // namespace pgolf
