// What one rule finds, and the verdict that becomes of it under one reading.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "judge/ruleset.h"
#include "judge/verdict.h"

namespace pgolf::rules {

struct Finding {
  Status status = Status::unknown;
  Json observed, limit;
  std::string unit, reason, evidence;
};

inline Finding unknown(std::string reason, std::string unit = "", Json limit = {}) {
  return {Status::unknown, {}, std::move(limit), std::move(unit), std::move(reason), {}};
}

bool in_force(const RuleReading& reading, std::string_view as_of);

// Whether the reading leaves out submissions of this track.
bool exempt(const RuleReading& reading, const std::string& track);
Finding exempt_finding(const Ruleset& ruleset, const RuleReading& reading, const std::string& track, Finding finding);

Verdict make_verdict(const Rule& rule, Reading which, const std::string& subject, const Finding& finding);

}  // namespace pgolf::rules
