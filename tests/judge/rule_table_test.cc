// One row of code for each rule, and the documentation that is made from them.
#include "judge/rule_table.h"

#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <set>

#include "base/file.h"
#include "base/units.h"
#include "harness/judging/find_ruleset.h"
#include "judge/judge.h"

namespace pgolf {
namespace {

const char kShipped[] = PGOLF_SOURCE_DIR "/rules/pg-2026-05-02.3.toml";

TEST(RuleTable, EachRowMeasuresWhatTheRulesetsAskOfIt) {
  const Ruleset ruleset = load_ruleset(kShipped);
  std::set<std::string_view> ids;
  for (const RuleSpec& row : rule_table()) {
    EXPECT_TRUE(ids.insert(row.id).second) << row.id << " has two rows";
    const Rule* rule = ruleset.rule(row.id);
    ASSERT_NE(rule, nullptr) << row.id << " is in no ruleset";
    EXPECT_EQ(rule->subjects.contains("run"), row.judges_runs()) << row.id;
    EXPECT_EQ(rule->subjects.contains("claim"), row.judges_claims()) << row.id;
    EXPECT_EQ(row.run_text.empty(), !row.judges_runs()) << row.id;
    EXPECT_EQ(row.claim_text.empty(), !row.file && !row.publication) << row.id;
  }
  EXPECT_EQ(ids.size(), ruleset.rules.size());
}

TEST(RuleTable, KnowsWhatOnlyTheMachineSaw) {
  for (const char* rule : {"train_time", "eval_time", "hardware", "engine_identity", "kept_to_sandbox",
                           "phases_ran_once", "training_without_validation", "evaluation_without_training"})
    EXPECT_TRUE(is_witnessed(rule)) << rule;
  for (const char* rule : {"artifact_size", "causal", "ledger_intact", "byte_count", "nonsense"})
    EXPECT_FALSE(is_witnessed(rule)) << rule;
}

std::string value_text(const Json& value) {
  if (value.is_number_integer()) return with_commas(value.get<int64_t>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// `strict`: the reading beside this one, whose parameters are not said again.
std::string reading_text(const RuleReading& reading, const RuleSpec& spec, const RuleReading* strict = nullptr) {
  std::vector<std::string> out;
  for (const RuleParam& param : spec.params) {
    const std::string name(param.name);
    if (!reading.params.contains(name)) continue;
    const Json& value = reading.params.at(name);
    if (!strict || !strict->params.contains(name) || strict->params.at(name) != value)
      out.push_back(fmt::format("`{}` {}", name, value_text(value)));
  }
  if (!reading.required) out.push_back("advisory");
  if (reading.required && !reading.evidence_required) out.push_back("missing evidence does not count");
  if (!reading.tracks.empty()) out.push_back(fmt::format("track {} alone", fmt::join(reading.tracks, ", ")));
  if (!out.empty()) return fmt::format("{}", fmt::join(out, "; "));
  return strict ? "the same" : "-";
}

// Of the rules for one subject, "run" or "claim": whose rule it is, what is measured, and the parameters of both
// readings.
std::string rules_markdown(const Ruleset& ruleset, std::string_view subject) {
  std::string out = "| rule | whose | measured | strict | practice |\n|---|---|---|---|---|\n", not_shown;
  for (const Rule& rule : ruleset.rules) {
    const RuleSpec* spec = find_rule(rule.id);
    if (!spec || !rule.subjects.contains(std::string(subject))) continue;
    if (subject == "claim" && !spec->not_shown.empty()) {
      not_shown += fmt::format("- `{}`: {}\n", rule.id, spec->not_shown);
      continue;
    }
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", rule.id, rule.author,
                       subject == "run" ? spec->run_text : spec->claim_text, reading_text(rule.strict, *spec),
                       reading_text(rule.practice, *spec, &rule.strict));
  }
  if (!not_shown.empty()) out += "\nAlways `unknown`, since logs do not show it:\n\n" + not_shown;
  return out;
}

// docs/judging.md holds the tables between marks. PGOLF_UPDATE_DOCS=1 writes them anew.
TEST(RuleTable, TheDocumentationIsMadeFromIt) {
  const std::filesystem::path page = PGOLF_SOURCE_DIR "/docs/judging.md";
  const std::string docs = read_text(page);
  std::string made = docs;
  for (const std::string subject : {"run", "claim"}) {
    const std::string begin = "<!-- rules: " + subject + " -->\n", end = "<!-- end of rules -->";
    ASSERT_NE(made.find(begin), std::string::npos) << begin;
    const size_t first = made.find(begin) + begin.size();
    made.replace(first, made.find(end, first) - first, rules_markdown(load_ruleset(kShipped), subject));
  }
  if (std::getenv("PGOLF_UPDATE_DOCS")) write_file_atomic(page, made);
  EXPECT_EQ(read_text(page), made);
}

}  // namespace
}  // namespace pgolf
