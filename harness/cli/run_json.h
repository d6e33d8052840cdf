// A run as one JSON document (format `pgolf.run/1`, docs/commands.md) and as text.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "db/rows.h"
#include "judge/ruleset.h"

namespace pgolf {

Json text_or_null(const std::string& text);  // null for ""

// `margin` decides whether the claim is reproduced.
Json run_to_json(const RunRecord& record, const std::optional<RecordMargin>& margin);
std::string run_to_text(const RunRecord& record, const std::optional<RecordMargin>& margin);

}  // namespace pgolf
