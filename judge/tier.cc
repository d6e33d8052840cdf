#include "judge/tier.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "base/names.h"

namespace pgolf {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTiers[] = {
    {"claimed", "somebody says so, or what was left contradicts it"},
    {"consistent", "what the run left is whole and fits the result"},
    {"audited", "our engine scored its artifact here and came to the same"},
    {"rerun", "our engine trained and scored it here"},
};

// Rules about what a run left: none may fail.
constexpr std::array<std::string_view, 6> kEvidence = {"artifact_identity", "data_hashes",        "ledger_intact",
                                                       "one_result",        "fits_configuration", "audited"};
// And these must have been shown.
constexpr std::array<std::string_view, 3> kShown = {"artifact_identity", "ledger_intact", "one_result"};

struct Standing {
  bool has_result = false, here = false, trained = false, rerun = false;  // here: not imported
  std::vector<RuleStatus> verdicts;

  bool has(std::string_view rule, std::string_view status) const {
    return std::any_of(verdicts.begin(), verdicts.end(),
                       [&](const RuleStatus& v) { return v.rule == rule && v.status == status; });
  }
};

std::string tier_of(const Standing& s) {
  if (!s.has_result) return "";
  if (std::any_of(kEvidence.begin(), kEvidence.end(), [&](std::string_view rule) { return s.has(rule, "fail"); }))
    return "claimed";
  const bool scored_here = s.here && s.has("engine_identity", "pass");
  if (s.rerun || (scored_here && s.trained)) return "rerun";
  if (scored_here || s.has("audited", "pass")) return "audited";
  const bool shown =
      std::all_of(kShown.begin(), kShown.end(), [&](std::string_view rule) { return s.has(rule, "pass"); });
  return shown ? "consistent" : "claimed";
}

}  // namespace

std::string tier_of(const RunSummary& run) {
  return tier_of(Standing{run.val_bpb.has_value(), !run.imported, run.train_ms.has_value(), run.rerun, run.verdicts});
}

std::string tier_of(const RunRecord& record) {
  Standing out{record.metric("val_bpb").has_value(),
               record.run.imported_at.empty(),
               record.phase(kTrainPhase) != nullptr,
               record.rerun,
               {}};
  if (record.judgement)
    for (const VerdictRow& v : record.judgement->verdicts) out.verdicts.push_back({v.rule, v.reading, v.status});
  return tier_of(out);
}

std::string tier_text(const std::string& tier) {
  for (const auto& [name, text] : kTiers)
    if (name == tier) return tier + ": " + std::string(text);
  return "";
}

}  // namespace pgolf
