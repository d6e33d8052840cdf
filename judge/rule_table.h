// The rules that this program can judge, one row each: what is measured, of what, with which parameters. A ruleset
// names rows by their id and gives each its limits, dates and sources.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "judge/claims/claims.h"
#include "judge/rules/rules.h"

namespace pgolf {

enum class ParamKind { integer, number, flag, text };
const char* param_kind_name(ParamKind kind);  // "an integer, not negative"

struct RuleParam {
  std::string_view name;
  ParamKind kind = ParamKind::integer;
  bool optional = false;
  std::vector<std::string_view> words = {};  // that a text may be; empty: any
};

using RunMeasure = rules::Finding (*)(const RunEvidence&, const RuleReading&, const Ruleset&);
using FileMeasure = rules::ClaimFinding (*)(const rules::Publication&, const rules::SourceClaims&, const RuleReading&);
using PublicationMeasure = rules::Finding (*)(const rules::Publication&, const RuleReading&);

// What a run's verdict has to be weighed by besides its evidence.
struct RunWeights {
  bool timed = false;      // times and hardware: on a published clock they are not the submission's
  bool scaled = false;     // the figure is the submission's own only if that ran as it was
  bool witnessed = false;  // only the machine saw it that the run was on: times, engine, isolation
};

struct RuleSpec {
  std::string_view id;
  std::vector<RuleParam> params = {};
  RunMeasure run = nullptr;
  RunWeights weights = {};
  std::string_view run_text = {};            // what is measured of a run, and what it means
  FileMeasure file = nullptr;                // of one published file
  PublicationMeasure publication = nullptr;  // of a publication as a whole
  std::string_view not_shown = {};           // why no publication can show it: the verdict is always unknown
  std::string_view claim_text = {};          // what is measured of a publication

  bool judges_runs() const { return run != nullptr; }
  bool judges_claims() const { return file || publication || !not_shown.empty(); }
  const RuleParam* param(std::string_view name) const;  // null if it has none of this name
};

std::span<const RuleSpec> rule_table();
const RuleSpec* find_rule(std::string_view id);  // null if there is none

}  // namespace pgolf
