// The passes over the text that an evaluation reports of.
#pragma once

#include <set>
#include <string>

#include "judge/run_evidence.h"

namespace pgolf::rules {

std::set<std::string> passes_of(const PhaseEvidence* eval);  // none of no evaluation

}  // namespace pgolf::rules
