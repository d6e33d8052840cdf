// Verdicts on publications, for people: by rule, both readings of one file on one line, each with what it rests on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/judge/verdict.h"

namespace pgolf {

std::string claims_text(std::span<const Verdict> verdicts);

// One line per submission: outcome of both readings, and the rules that the publication breaks.
struct CheckedSubmission {
  std::string id;
  std::vector<Verdict> verdicts;
};
std::string checked_text(std::span<const CheckedSubmission> submissions);

// Rules that fail under a reading, in the ruleset's order, each once.
std::vector<std::string> failed_rules(std::span<const Verdict> verdicts, Reading reading);

}  // namespace pgolf
