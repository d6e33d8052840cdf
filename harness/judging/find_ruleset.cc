#include "harness/judging/find_ruleset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "identity/identity.h"

namespace pgolf {

namespace {

// The file of that id in the directory, else the text that this pgolf ships.
std::string evidence_text(const EvidenceRules& named, const std::filesystem::path& file) {
  std::error_code ignored;
  std::string beside = std::filesystem::exists(file, ignored) ? read_text(file) : "";
  if (sha256_hex(beside) == named.sha256) return beside;
  const auto shipped = shipped_rulesets();
  if (const auto own = shipped.find(named.id); own != shipped.end() && sha256_hex(own->second) == named.sha256)
    return own->second;
  if (beside.empty())
    fail(ErrorKind::not_found,
         "{}: no such file, and pgolf ships no '{}' of SHA-256 {:.12}...; name evidence rules "
         "that are there",
         file.string(), named.id, named.sha256);
  fail(ErrorKind::usage,
       "{}: not the text that the ruleset names as its evidence rules (SHA-256 {:.12}...); give "
       "other evidence rules an id of their own, and name that and its hash in [evidence]",
       file.string(), named.sha256);
}

}  // namespace

Ruleset load_ruleset(const std::filesystem::path& path) {
  Ruleset out = parse_ruleset(read_text(path), path.string());
  if (!out.evidence) return out;
  const auto file = path.parent_path() / (out.evidence->id + ".toml");
  add_evidence(out, parse_ruleset(evidence_text(*out.evidence, file), file.string()), file.string());
  return out;
}

std::vector<std::filesystem::path> ruleset_files(const std::filesystem::path& directory) {
  std::vector<std::filesystem::path> out;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored))
    if (entry.path().extension() == ".toml" && entry.path().filename() != "rulings.toml") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::filesystem::path find_ruleset(const std::filesystem::path& directory, std::string_view name) {
  if (name.find('/') != std::string_view::npos || name.ends_with(".toml")) return std::filesystem::path(name);
  std::vector<std::string> ids;
  std::pair<std::pair<std::string, std::string>, std::filesystem::path> latest;  // by date, then id
  for (const std::filesystem::path& file : ruleset_files(directory)) {
    const auto id = file.stem().string();
    if (id == name) return file;
    ids.push_back(id);
    if (!name.empty()) continue;
    if (const Ruleset ruleset = parse_ruleset(read_text(file), file.string()); ruleset.author != kPgolf)
      latest = std::max(latest, {{ruleset.date, id}, file});
  }
  if (!latest.second.empty()) return latest.second;
  fail(ErrorKind::not_found, "no ruleset '{}' in {}; there is: {}", name, directory.string(), fmt::join(ids, ", "));
}

std::string shipped_sha256(const std::string& ruleset) {
  const auto shipped = shipped_rulesets();
  const auto own = shipped.find(ruleset);
  return own == shipped.end() ? "" : sha256_hex(own->second);
}

bool is_edited(const Ruleset& ruleset) {
  const std::string shipped = shipped_sha256(ruleset.id);
  return !shipped.empty() && shipped != ruleset.sha256;
}

}  // namespace pgolf
