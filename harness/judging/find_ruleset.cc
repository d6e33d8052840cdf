#include "harness/judging/find_ruleset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "identity/identity.h"

namespace pgolf {

Ruleset load_ruleset(const std::filesystem::path& path) { return parse_ruleset(read_text(path), path.string()); }

std::filesystem::path find_ruleset(const std::filesystem::path& directory, std::string_view name) {
  if (name.find('/') != std::string_view::npos || name.ends_with(".toml")) return std::filesystem::path(name);
  std::vector<std::string> ids;
  std::pair<std::string, std::filesystem::path> latest;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() != ".toml") continue;
    const auto id = entry.path().stem().string();
    if (id == name) return entry.path();
    ids.push_back(id);
    if (name.empty()) latest = std::max(latest, {load_ruleset(entry.path()).date, entry.path()});
  }
  std::sort(ids.begin(), ids.end());
  if (name.empty() && !ids.empty()) return latest.second;
  fail(ErrorKind::not_found, "no ruleset '{}' in {}; there is: {}", name, directory.string(), fmt::join(ids, ", "));
}

bool is_edited(const Ruleset& ruleset) {
  const auto shipped = shipped_rulesets();
  const auto own = shipped.find(ruleset.id);
  return own != shipped.end() && own->second != ruleset.sha256;
}

}  // namespace pgolf
