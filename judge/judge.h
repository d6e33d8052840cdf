// Judging: a pure function of evidence, ruleset and date. Nothing is measured here and nothing is remembered.
//
// A rule without evidence is `unknown`, never `pass`. Rules, readings and how each verdict comes about:
// docs/judging.md.
#pragma once

#include <string>
#include <vector>

#include "judge/ruleset.h"
#include "judge/run_evidence.h"
#include "judge/verdict.h"

namespace pgolf {

// Whether a rule rests on what only the machine that the run was on saw: times, engine, isolation. In the strict
// reading of an imported run such a pass is `unknown`.
bool is_witnessed(std::string_view rule);

// Every rule for runs, strict before practice, in the ruleset's order. Readings that were not yet in force on `as_of`
// (an ISO date; "" is the ruleset's own) are left out. Errors: usage unless `as_of` is a date.
std::vector<Verdict> judge(const RunEvidence& run, const Ruleset& ruleset, std::string_view as_of = "");

}  // namespace pgolf
