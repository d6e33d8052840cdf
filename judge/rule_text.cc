#include "judge/rule_text.h"

#include <fmt/ranges.h>

#include <string>
#include <vector>

#include "base/units.h"
#include "judge/rule_table.h"

namespace pgolf {
namespace {

std::string value_text(const Json& value) {
  if (value.is_number_integer()) return with_commas(value.get<int64_t>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::string reading_text(const RuleReading& reading, const RuleSpec& spec) {
  std::vector<std::string> out;
  for (const RuleParam& param : spec.params)
    if (const std::string name(param.name); reading.params.contains(name))
      out.push_back(fmt::format("`{}` {}", name, value_text(reading.params.at(name))));
  if (!reading.required) out.push_back("advisory");
  if (reading.required && !reading.evidence_required) out.push_back("missing evidence does not count");
  if (!reading.tracks.empty()) out.push_back(fmt::format("track {} alone", fmt::join(reading.tracks, ", ")));
  return out.empty() ? "-" : fmt::format("{}", fmt::join(out, "; "));
}

}  // namespace

std::string rules_markdown(const Ruleset& ruleset, std::string_view subject) {
  std::string out = "| rule | whose | measured | strict | practice |\n|---|---|---|---|---|\n";
  for (const Rule& rule : ruleset.rules) {
    const RuleSpec* spec = find_rule(rule.id);
    if (!spec || !rule.subjects.contains(std::string(subject))) continue;
    const std::string measured = subject == "run" ? std::string(spec->run_text)
                                 : spec->not_shown.empty()
                                     ? std::string(spec->claim_text)
                                     : fmt::format("always `unknown`: logs do not show {}", spec->not_shown);
    const std::string strict = reading_text(rule.strict, *spec), practice = reading_text(rule.practice, *spec);
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", rule.id, rule.author, measured, strict,
                       practice == strict ? "the same" : practice);
  }
  return out;
}

}  // namespace pgolf
