// Judging a publication by what it says alone: sizes, times, and whether its numbers fit each other. Nothing is run.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "harness/judge/ruleset.h"
#include "harness/judge/verdict.h"
#include "harness/resolve/submission.h"

namespace pgolf {

// A log as published, where it or the fingerprints of its lines are at hand; they are compared between seeds.
struct PublishedLog {
  std::string source;              // file name, as in Claim::source
  std::vector<std::string> lines;  // of measured_lines()
};

// Every rule for claims, one verdict per reading and file that makes the claim (the worst where it speaks of several
// seeds). A pure function. Errors: usage if `as_of` is no date.
std::vector<Verdict> judge_claims(const Submission& submission, std::span<const PublishedLog> logs,
                                  const Ruleset& ruleset, std::string_view as_of = "");

// The bytes per target that a printed pair implies, val_loss / (ln 2 val_bpb), with what print rounding leaves open.
struct ByteInterval {
  double low = 0, high = 0;
  bool contains(double value) const { return low <= value && value <= high; }
};
// Losses as printed: "2.0611". Errors: check() if a text is no printed number.
ByteInterval implied_bytes_per_target(const std::string& val_loss, const std::string& val_bpb);

// Fingerprints (16 hex digits of the SHA-256) of the lines of a log that report a measurement: a number with four
// decimals or more that is no setting.
std::vector<std::string> measured_lines(std::string_view log);

// How many of the measured lines of `a` stand in `b` to the letter.
struct RepeatedLines {
  int64_t measurements = 0, repeated = 0;
  double share() const { return measurements ? static_cast<double>(repeated) / static_cast<double>(measurements) : 0; }
};
RepeatedLines repeated_lines(const std::vector<std::string>& a, const std::vector<std::string>& b);

}  // namespace pgolf
