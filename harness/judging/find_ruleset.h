// Rulesets as files: rules/*.toml, or a file of the user's own.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/ruleset.h"

namespace pgolf {

// With its evidence rules, from the file beside it or as this pgolf ships them. Errors: those of parse_ruleset and
// base/file.h; usage where the evidence rules are not the text that the ruleset names.
Ruleset load_ruleset(const std::filesystem::path& path);

// The rulesets in `directory`, by name: every .toml file but rulings.toml.
std::vector<std::filesystem::path> ruleset_files(const std::filesystem::path& directory);

// The file that `name` means: an id in `directory`, or a path; "" is the latest of the challenge's by date. Errors:
// not_found, listing the ids.
std::filesystem::path find_ruleset(const std::filesystem::path& directory, std::string_view name);

// The text of this hash: of the file of that id in `directory`, else as this pgolf ships it.
std::optional<std::string> find_text(const std::filesystem::path& directory, std::string id, std::string_view sha256);

// The latest of the challenge's rulesets that nobody edited, for verbs that judge no run: of `directory`, else as this
// pgolf ships it; a notice says where that is not the latest of `directory`.
Ruleset intact_ruleset(const std::filesystem::path& directory);

// Whether the ruleset bears the id of one that this pgolf ships (harness/run/identity.h) and is another text.
bool is_edited(const Ruleset& ruleset);
std::string shipped_sha256(const std::string& ruleset);  // of the one that this pgolf ships by that id; "" for none
inline constexpr char kEditedMark[] = "+edited";         // after the id, wherever such a ruleset judges

}  // namespace pgolf
