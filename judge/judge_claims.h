// Judging a publication by what it says alone: sizes, times, and whether its numbers fit each other. Nothing is run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "judge/claims/log_lines.h"
#include "judge/ruleset.h"
#include "judge/verdict.h"
#include "resolve/submission.h"

namespace pgolf {

// A log as published, where it or the fingerprints of its lines are at hand.
struct PublishedLog {
  std::string source;  // file name, as in Claim::source
  std::vector<MeasuredLine> lines;
  LogFacts facts;
};

// Logs that a comparison leaves out: an earlier log is of the same run, or holds more of the same measurements than
// `seeds_independent` tolerates.
std::vector<std::string> repeated_logs(const Submission& submission, std::span<const PublishedLog> logs,
                                       const Ruleset& ruleset);

// Every rule for claims, one verdict per reading and file that makes the claim (the worst where it speaks of several
// seeds); rules about the publication as a whole have no subject. `shipped` is what pgolf ships under this id or pull
// request, null if nothing; `edited` says which files beside it are not the shipped ones. A pure function.
// Errors: usage if `as_of` is no date.
std::vector<Verdict> judge_claims(const Submission& submission, std::span<const PublishedLog> logs,
                                  const Ruleset& ruleset, std::string_view as_of = "",
                                  const Submission* shipped = nullptr, std::span<const std::string> edited = {});

}  // namespace pgolf
