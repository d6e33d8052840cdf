#include "archive/agreement.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace pgolf {
namespace {

bool has_matter(const std::vector<PublishedFolder>& folders, const std::string& look) {
  return std::any_of(folders.begin(), folders.end(), [&](const PublishedFolder& folder) {
    const auto& hints = folder.publication.hints;
    return std::any_of(hints.begin(), hints.end(), [&](const ScriptHint& hint) { return hint.what == look; });
  });
}

// "" if it is found.
std::string missed_because(const ArchiveTables& tables, const Ruling& ruling, int64_t pull) {
  if (ruling.look.empty()) return "its matter does not show in a line of code";
  const auto folders = published_folders(tables, pull);
  if (folders.empty()) return "the archive has no folder of it";
  if (has_matter(folders, ruling.look)) return "";
  const bool any_script = std::any_of(folders.begin(), folders.end(), [](const PublishedFolder& folder) {
    return !folder.publication.code.functions.empty();
  });
  return any_script ? "no line of its scripts is hinted at so" : "it publishes no script";
}

}  // namespace

std::vector<RulingAgreement> agreement_of(const ArchiveTables& tables, const std::vector<Ruling>& rulings) {
  std::vector<RulingAgreement> out;
  for (const Ruling& ruling : rulings) {
    if (!is_against(ruling) || ruling.pulls.empty()) continue;
    RulingAgreement& agreement = out.emplace_back(RulingAgreement{&ruling, {}, {}});
    for (const int64_t pull : ruling.pulls) {
      if (std::string why = missed_because(tables, ruling, pull); why.empty())
        agreement.found.push_back(pull);
      else
        agreement.missed.emplace_back(pull, std::move(why));
    }
  }
  return out;
}

std::vector<int64_t> Propagation::hits(const std::vector<int64_t>& reached) const {
  std::vector<int64_t> out;
  std::set_intersection(reached.begin(), reached.end(), closed.begin(), closed.end(), std::back_inserter(out));
  return out;
}

double Propagation::recall(const std::vector<int64_t>& reached) const {
  return closed.empty() ? 0 : static_cast<double>(hits(reached).size()) / static_cast<double>(closed.size());
}

double Propagation::precision(const std::vector<int64_t>& reached) const {
  return reached.empty() ? 0 : static_cast<double>(hits(reached).size()) / static_cast<double>(reached.size());
}

Propagation propagation_from(const ArchiveTables& tables, const Ruling& ruling, int64_t from) {
  Propagation out{&ruling, from, {}, {}, {}};
  std::vector<Ruling> alone{ruling};
  alone[0].pulls = {from};
  const RuledCode ruled(tables, alone);
  std::set<int64_t> pulls;
  for (const ArchiveSource& source : tables.sources())
    for (const ArchiveHead& head : tables.heads(source.id)) pulls.insert(head.pull);
  std::set<int64_t> closed(ruling.closed.begin(), ruling.closed.end());
  closed.erase(from);
  for (const int64_t pull : pulls) {
    if (closed.contains(pull)) out.closed.push_back(pull);
    if (pull == from || closed.empty() || pull > *closed.rbegin()) continue;
    const auto folders = published_folders(tables, pull);
    if (has_matter(folders, ruling.look)) out.same_matter.push_back(pull);
    if (std::any_of(folders.begin(), folders.end(), [&](const auto& folder) { return !ruled.find(folder).empty(); }))
      out.same_code.push_back(pull);
  }
  return out;
}

}  // namespace pgolf
