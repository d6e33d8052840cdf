// The rules of a ruleset as the tables of docs/judging.md.
#pragma once

#include <string>
#include <string_view>

#include "judge/ruleset.h"

namespace pgolf {

// Of the rules for one subject, "run" or "claim": whose rule it is, what is measured, and the parameters of both
// readings.
std::string rules_markdown(const Ruleset& ruleset, std::string_view subject);

}  // namespace pgolf
