// Rulesets as files: rules/*.toml, or a file of the user's own.
#pragma once

#include <filesystem>
#include <string_view>

#include "judge/ruleset.h"

namespace pgolf {

// Errors: those of parse_ruleset and base/file.h.
Ruleset load_ruleset(const std::filesystem::path& path);

// The file that `name` means: an id in `directory`, or a path; "" is the latest by date. Errors: not_found, listing the
// ids.
std::filesystem::path find_ruleset(const std::filesystem::path& directory, std::string_view name);

// Whether the ruleset bears the id of one that this pgolf ships (harness/run/identity.h) and is another text.
bool is_edited(const Ruleset& ruleset);
inline constexpr char kEditedMark[] = "+edited";  // after the id, wherever such a ruleset judges

}  // namespace pgolf
