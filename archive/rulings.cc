#include "archive/rulings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "resolve/toml.h"

namespace pgolf {
namespace {

constexpr char kFormat[] = "pgolf.rulings/1";
constexpr double kSameCode = 0.6;  // of the runs of tokens: what renaming and a few changed lines leave
constexpr const char* kVerdicts[] = {"illegal", "excluded", "invalid", "blocked", "tolerated", "legal", "undecided"};

Ruling read_ruling(TomlReader& in) {
  Ruling out{in.string("id"),
             in.string("title"),
             in.string("verdict"),
             in.string("kind"),
             in.string("scope"),
             in.string("source"),
             in.maybe_string("date").value_or(""),
             in.maybe_string("look").value_or(""),
             in.integers("pulls"),
             in.maybe_integers("closed").value_or(std::vector<int64_t>())};
  if (std::find(std::begin(kVerdicts), std::end(kVerdicts), out.verdict) == std::end(kVerdicts))
    in.refuse("verdict", fmt::format("'{}' is none of illegal, excluded, invalid, blocked, tolerated, legal, undecided",
                                     out.verdict));
  in.finish();
  return out;
}

// Functions in which a publication has what a ruling is about.
std::vector<const ScriptFunction*> functions_with(const Publication& p, const std::string& look) {
  std::vector<const ScriptFunction*> out;
  for (const ScriptFunction& f : p.functions)
    if (std::any_of(p.hints.begin(), p.hints.end(), [&](const ScriptHint& h) {
          return h.what == look && h.file == f.file && h.line >= f.first && h.line <= f.last;
        }))
      out.push_back(&f);
  return out;
}

}  // namespace

std::vector<Ruling> parse_rulings(std::string_view text, const std::string& file) {
  const toml::table document = parse_toml(text, file);
  TomlReader in(document, file);
  if (const std::string format = in.string("format"); format != kFormat)
    in.refuse("format", fmt::format("'{}' is not '{}'; this version of pgolf reads only that", format, kFormat));
  std::vector<Ruling> out;
  for (TomlReader& ruling : in.tables("rulings")) out.push_back(read_ruling(ruling));
  in.finish();
  return out;
}

RuledCode::RuledCode(const ArchiveTables& tables, const std::vector<Ruling>& rulings) : rulings_(rulings) {
  for (const Ruling& ruling : rulings) {
    if (ruling.look.empty()) continue;
    for (const int64_t pull : ruling.pulls)
      for (const PublishedFolder& folder : published_folders(tables, pull))
        for (const ScriptFunction* f : functions_with(folder.publication, ruling.look))
          exemplars_.push_back({&ruling, pull, *f});
  }
}

std::vector<RulingFinding> RuledCode::find(const PublishedFolder& folder) const {
  std::vector<RulingFinding> out;
  for (const Ruling& ruling : rulings_)
    if (std::find(ruling.pulls.begin(), ruling.pulls.end(), folder.pull) != ruling.pulls.end())
      out.push_back({&ruling, 0, "", "", "", 1});
  for (const Ruling& ruling : rulings_) {
    if (ruling.look.empty()) continue;
    RulingFinding best;
    for (const ScriptFunction* mine : functions_with(folder.publication, ruling.look))
      for (const Exemplar& other : exemplars_) {
        if (other.ruling != &ruling || other.pull == folder.pull) continue;
        const double shared = shared_code(mine->sketch, other.function.sketch);
        if (shared < kSameCode || shared <= best.shared) continue;
        best = {&ruling, other.pull, mine->name, other.function.name, fmt::format("{}:{}", mine->file, mine->first),
                shared};
      }
    if (best.ruling) out.push_back(best);
  }
  return out;
}

std::vector<RulingReach> reach_of(const ArchiveTables& tables, const std::vector<Ruling>& rulings) {
  const RuledCode ruled(tables, rulings);
  std::map<const Ruling*, std::set<int64_t>> pulls;
  std::set<int64_t> all;
  for (const ArchiveSource& source : tables.sources())
    for (const ArchiveHead& head : tables.heads(source.id)) all.insert(head.pull);
  for (const int64_t pull : all)
    for (const PublishedFolder& folder : published_folders(tables, pull))
      for (const RulingFinding& finding : ruled.find(folder))
        if (finding.same_code_as != 0) pulls[finding.ruling].insert(pull);
  std::vector<RulingReach> out;
  for (const Ruling& ruling : rulings) {
    for (const int64_t named : ruling.pulls) pulls[&ruling].erase(named);
    out.push_back({&ruling, {pulls[&ruling].begin(), pulls[&ruling].end()}});
  }
  return out;
}

bool is_against(const Ruling& ruling) {
  return ruling.verdict != "legal" && ruling.verdict != "tolerated" && ruling.verdict != "undecided";
}

std::string RulingFinding::text() const {
  const std::string when = ruling->date.empty() ? "" : " on " + ruling->date;
  const std::string said = ruling->verdict == "undecided" ? "undecided" : "ruled " + ruling->verdict + when;
  if (same_code_as == 0) return fmt::format("{}: {} ({}; {})", said, ruling->title, ruling->scope, ruling->source);
  return fmt::format("same code as #{}, {}: {} at {} shares {:.0f} % of {} ({}; {})", same_code_as, said, function,
                     file, 100 * shared, theirs, ruling->title, ruling->source);
}

}  // namespace pgolf
