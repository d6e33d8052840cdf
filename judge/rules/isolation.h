// What kept a phase from data that are not its own.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "judge/rules/rules.h"

namespace pgolf::rules {

int64_t times(const std::vector<Attempt>& attempts);  // of all of them together

// Whether the phases `names` kept away from data of `role`, and tried nothing of the kinds `forbidden`.
Finding without(const RunEvidence& run, const RuleReading& reading, const std::vector<std::string>& names,
                const std::string& role, const std::set<std::string>& forbidden);

}  // namespace pgolf::rules
