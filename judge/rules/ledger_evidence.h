// What may be concluded from the ledger of a run at all.
#pragma once

#include <optional>
#include <string>

#include "judge/rules/rules.h"

namespace pgolf::rules {

std::string at_line(const std::optional<LedgerFinding>& finding);  // "ledger.jsonl:12"

// Why the ledger is not the one that the evaluation closed; "" if it is, or if there is none.
std::string other_ledger(const RunEvidence& run);

// Why nothing can be said from the ledger; "" if something can.
std::string no_ledger(const RunEvidence& run);

}  // namespace pgolf::rules
