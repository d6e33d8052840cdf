#include "harness/judging/find_ruleset.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "identity/identity.h"
#include "resolve/toml.h"

namespace pgolf {

namespace {

std::string evidence_text(const EvidenceRules& named, const std::filesystem::path& file) {
  if (auto text = find_text(file.parent_path(), named.id, named.sha256)) return *text;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored))
    fail(ErrorKind::not_found,
         "{}: no such file, and pgolf ships no '{}' of SHA-256 {:.12}...; name evidence rules "
         "that are there",
         file.string(), named.id, named.sha256);
  fail(ErrorKind::usage,
       "{}: not the text that the ruleset names as its evidence rules (SHA-256 {:.12}...); give "
       "other evidence rules an id of their own, and name that and its hash in [evidence]",
       file.string(), named.sha256);
}

// A text that lies at `path`, or would.
Ruleset with_evidence(const std::string& text, const std::filesystem::path& path) {
  Ruleset out = parse_ruleset(text, path.string());
  if (!out.evidence) return out;
  const auto file = path.parent_path() / (out.evidence->id + ".toml");
  add_evidence(out, parse_ruleset(evidence_text(*out.evidence, file), file.string()), file.string());
  return out;
}

// The latest of those that this pgolf ships, by date.
Ruleset latest_shipped(const std::filesystem::path& directory) {
  std::optional<Ruleset> latest;
  for (const auto& [id, text] : shipped_rulesets()) {
    const auto path = directory / (id + ".toml");
    if (const Ruleset ruleset = parse_ruleset(text, path.string());
        ruleset.author != kPgolf && (!latest || latest->date <= ruleset.date))  // by date, then id
      latest = with_evidence(text, path);
  }
  check(latest.has_value(), "pgolf ships a ruleset");
  return *latest;
}

}  // namespace

std::optional<std::string> find_text(const std::filesystem::path& directory, std::string id, std::string_view sha256) {
  if (id.ends_with(kEditedMark)) id.resize(id.size() - std::string_view(kEditedMark).size());
  std::error_code ignored;
  const auto file = directory / (id + ".toml");
  if (id.find('/') == std::string::npos && std::filesystem::is_regular_file(file, ignored))
    if (std::string text = read_text(file, kMostTomlBytes); sha256_hex(text) == sha256) return text;
  const auto shipped = shipped_rulesets();
  const auto own = shipped.find(id);
  return own != shipped.end() && sha256_hex(own->second) == sha256 ? std::optional(own->second) : std::nullopt;
}

Ruleset load_ruleset(const std::filesystem::path& path) { return with_evidence(read_text(path, kMostTomlBytes), path); }

Ruleset intact_ruleset(const std::filesystem::path& directory) {
  std::string problem;
  try {
    Ruleset latest = load_ruleset(find_ruleset(directory, ""));
    if (!is_edited(latest)) return latest;
    problem = fmt::format("{} was edited", (directory / (latest.id + ".toml")).string());
  } catch (const Error& e) {
    problem = e.what();
  }
  Ruleset out = latest_shipped(directory);
  notice("{}; pgolf's own text of {} is taken", problem, out.id);
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
    if (const Ruleset ruleset = parse_ruleset(read_text(file, kMostTomlBytes), file.string()); ruleset.author != kPgolf)
      latest = std::max(latest, {{ruleset.date, id}, file});
  }
  if (!latest.second.empty()) return latest.second;
  const std::string wanted = name.empty() ? "no ruleset of the challenge" : fmt::format("no ruleset '{}'", name);
  fail(ErrorKind::not_found, "{}: has {}{}", directory.string(), wanted,
       ids.empty() ? " and no other; name a directory of rulesets with --rules-dir"
                   : fmt::format("; there is: {}", fmt::join(ids, ", ")));
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
