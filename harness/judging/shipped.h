// Whether a run is of the submission that its name stands for: the one that this pgolf ships.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "resolve/submission.h"

namespace pgolf {

// The submission of this id as shipped, else that of the pull request; null if pgolf ships none of them. 0: of no pull
// request.
const Submission* shipped_submission(const std::string& id, int64_t pull = 0);

// Data files of a shipped submission that are another text in `directory`: "measured-lines.json is another text".
std::vector<std::string> edited_files(const std::filesystem::path& directory, const std::string& id);

// In what a pinned configuration differs from what the shipped submission of its id gives for the same profile, seed
// and overrides: "model.num_layers 3, shipped 11". Members that only one of the two has are of another version of pgolf
// and differ in nothing. Empty if pgolf ships no such submission.
std::vector<std::string> differences_from_shipped(const Json& pinned);

}  // namespace pgolf
