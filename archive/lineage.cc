#include "archive/lineage.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "resolve/submission.h"

namespace pgolf {
namespace {

constexpr double kLeastShared = 0.25;  // less is what all scripts of the challenge have in common
constexpr double kNearly = 0.1;        // what a named parent may share less than the nearest
constexpr int64_t kDay = 86'400;       // authors' clocks, and commits that were made again
constexpr size_t kShown = 12;

std::string listed(std::vector<std::string> names) {
  const size_t all = names.size();
  names.resize(std::min(all, kShown));
  return fmt::format("{}{}", fmt::join(names, ", "), all > kShown ? fmt::format(" and {} more", all - kShown) : "");
}

std::map<std::string, std::string> values_of(const ScriptCode& code) {
  std::map<std::string, std::string> out;
  for (const CodeSetting& s : code.settings) out.emplace(s.name, s.value.empty() ? "unset" : s.value);
  return out;
}

// 0.0220 and 0.022 are one value.
bool same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  char *end_a = nullptr, *end_b = nullptr;
  const double x = std::strtod(a.c_str(), &end_a), y = std::strtod(b.c_str(), &end_b);
  return !a.empty() && !b.empty() && *end_a == 0 && *end_b == 0 && x == y;
}

void compare_settings(const ScriptCode& before, const ScriptCode& after, Descent& out) {
  const auto was = values_of(before), is = values_of(after);
  for (const auto& [name, value] : is) {
    const auto old = was.find(name);
    if (old == was.end() || !same_value(old->second, value))
      out.settings.push_back({name, old == was.end() ? "" : old->second, value});
  }
  for (const auto& [name, value] : was)
    if (!is.contains(name)) out.settings.push_back({name, value, ""});
}

// A function is the same wherever its code stands; else its name tells whether it was there before.
void compare_functions(const ScriptCode& before, const ScriptCode& after, Descent& out) {
  const auto collect = [](const ScriptCode& code, std::set<uint32_t>& hashes, std::set<std::string>& names) {
    for (const CodeFunction& f : code.functions) hashes.insert(f.hash), names.insert(f.name);
  };
  std::set<uint32_t> old_code, new_code;
  std::set<std::string> old_names, new_names, seen;
  collect(before, old_code, old_names), collect(after, new_code, new_names);
  for (const CodeFunction& f : after.functions)
    if (!old_code.contains(f.hash) && seen.insert(f.name).second)
      (old_names.contains(f.name) ? out.changed : out.added).push_back(f.name);
  for (const CodeFunction& f : before.functions)
    if (!new_code.contains(f.hash) && !new_names.contains(f.name) && seen.insert(f.name).second)
      out.removed.push_back(f.name);
}

}  // namespace

std::optional<double> Descent::gain() const {
  if (!is_printed_number(val_bpb) || !is_printed_number(parent_val_bpb)) return std::nullopt;
  return std::strtod(parent_val_bpb.c_str(), nullptr) - std::strtod(val_bpb.c_str(), nullptr);
}

std::vector<std::string> Descent::sentences() const {
  std::vector<std::string> out{fmt::format("from #{}, {} % of whose code it shares{}", parent,
                                           static_cast<int>(100 * shared),
                                           named.empty() ? "" : fmt::format("; named in {}", named))};
  std::vector<std::string> changes;
  for (const SettingChange& s : settings)
    changes.push_back(s.before.empty()  ? fmt::format("{} {} is new", s.name, s.after)
                      : s.after.empty() ? fmt::format("{} is gone", s.name)
                                        : fmt::format("{} {} -> {}", s.name, s.before, s.after));
  out.push_back(changes.empty() ? "its settings are the same" : "settings: " + listed(changes));
  if (changed.empty() && added.empty() && removed.empty()) out.push_back("its functions are the same");
  for (const auto& [word, names] : {std::pair("changed", &changed), {"new", &added}, {"gone", &removed}})
    if (!names->empty()) out.push_back(fmt::format("functions {}: {}", word, listed(*names)));
  if (const auto better = gain())
    out.push_back(fmt::format("claims {}, {:.5f} bits per byte {} its {}", val_bpb, std::abs(*better),
                              *better < 0 ? "more than" : "less than", parent_val_bpb));
  return out;
}

Lineage::Lineage(const ArchiveTables& tables) : tables_(tables) {
  for (const ArchivedScript& script : tables.owned_scripts()) {
    const ScriptCode code = unpack_code(script.code);
    Candidate candidate{script.pull, 0, script.path, script.blob, script.added_at};
    std::set<uint32_t> seen;
    for (const CodeFunction& f : code.functions) {
      if (!seen.insert(f.hash).second) continue;
      candidate.tokens += f.tokens;
      by_function_[f.hash].push_back(candidates_.size());
    }
    candidates_.push_back(std::move(candidate));
  }
}

const Lineage::Candidate* Lineage::parent_of(const PublishedFolder& folder, double& shared) const {
  std::unordered_map<size_t, int64_t> common;
  std::set<uint32_t> seen;
  int64_t own = 0;
  for (const CodeFunction& f : folder.publication.code.functions) {
    if (!seen.insert(f.hash).second) continue;
    own += f.tokens;
    if (const auto found = by_function_.find(f.hash); found != by_function_.end())
      for (const size_t candidate : found->second) common[candidate] += f.tokens;
  }
  struct Best {
    const Candidate* candidate = nullptr;
    double shared = 0;
    void offer(const Candidate& c, double share) {
      const bool first = share == shared && candidate && c.pull < candidate->pull;
      if (share > shared || first) candidate = &c, shared = share;
    }
  };
  Best any, named;
  for (const auto& [index, tokens] : common) {
    const Candidate& c = candidates_[index];
    if (c.pull == folder.pull || (folder.pull > 0 && c.pull > folder.pull)) continue;
    if (c.added_at && folder.added_at && *c.added_at > *folder.added_at + kDay) continue;
    const double share = static_cast<double>(tokens) / static_cast<double>(own + c.tokens - tokens);
    any.offer(c, share);
    if (folder.publication.mentions.contains(c.pull)) named.offer(c, share);
  }
  const Best& best = named.candidate && named.shared + kNearly >= any.shared ? named : any;
  shared = best.shared;
  return shared >= kLeastShared ? best.candidate : nullptr;
}

std::optional<Descent> Lineage::of(const PublishedFolder& folder) const {
  Descent out;
  const Candidate* parent = parent_of(folder, out.shared);
  if (!parent) return std::nullopt;
  out.parent = parent->pull, out.path = shown_name(parent->path);
  if (const auto named = folder.publication.mentions.find(parent->pull); named != folder.publication.mentions.end())
    out.named = named->second;
  const ScriptCode before = unpack_code(tables_.blob(parent->script)->lines);
  compare_settings(before, folder.publication.code, out);
  compare_functions(before, folder.publication.code, out);
  out.val_bpb = folder.publication.submission.headline.val_bpb;
  const auto [claim, fresh] = val_bpb_.try_emplace({parent->pull, parent->path});
  if (fresh)
    for (const PublishedFolder& theirs : published_folders(tables_, parent->pull))
      if (theirs.path == parent->path) claim->second = theirs.publication.submission.headline.val_bpb;
  out.parent_val_bpb = claim->second;
  return out;
}

}  // namespace pgolf
