// Rulesets as files: rules/*.toml, or a file of the user's own.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "judge/ruleset.h"

namespace pgolf {

// With its evidence rules, from the file beside it or as this pgolf ships them. Errors: those of parse_ruleset and
// base/file.h; usage where the evidence rules are not the text that the ruleset names.
Ruleset load_ruleset(const std::filesystem::path& path);

// The files of rulesets in `directory`, by name; rulings.toml is none.
std::vector<std::filesystem::path> ruleset_files(const std::filesystem::path& directory);

// The file that `name` means: an id in `directory`, or a path; "" is the latest of the challenge's by date. Errors:
// not_found, listing the ids.
std::filesystem::path find_ruleset(const std::filesystem::path& directory, std::string_view name);

// Whether the ruleset bears the id of one that this pgolf ships (harness/run/identity.h) and is another text.
bool is_edited(const Ruleset& ruleset);
std::string shipped_sha256(const std::string& ruleset);  // of the one that this pgolf ships by that id; "" for none
inline constexpr char kEditedMark[] = "+edited";         // after the id, wherever such a ruleset judges

}  // namespace pgolf
