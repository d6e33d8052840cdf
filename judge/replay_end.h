// What a replay came to: the same artifact, or not.
#pragma once

#include <string>

#include "db/rows.h"

namespace pgolf {

enum class ReplayEnd { equal, different, nothing };  // nothing: one of the two runs has no artifact
ReplayEnd replay_end(const RunRecord& record);

// One line: "replay of X: the same artifact, SHA-256 ..."; "" for other runs.
std::string replay_text(const RunRecord& record);

}  // namespace pgolf
