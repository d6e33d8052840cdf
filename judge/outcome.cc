#include "judge/outcome.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace pgolf {

void OutcomeOf::add(std::string_view status, bool counts) {
  any_ = true;
  warned_ |= status == "warn";
  failed_ |= counts && status == "fail";
  unknown_ |= counts && status == "unknown";
}

const char* OutcomeOf::word() const {
  if (failed_) return "fail";
  if (unknown_ || !any_) return "unknown";
  return warned_ ? "warn" : "pass";
}

void OpenRules::add(const std::string& rule, std::string_view status, bool counts, bool strict) {
  if (!counts || (status != "fail" && status != "unknown")) return;
  Rules& rules = status == "fail" ? broken_ : unshown_;
  auto& list = strict ? rules.strict : rules.practice;
  if (std::find(list.begin(), list.end(), rule) == list.end()) list.push_back(rule);
}

std::string OpenRules::Rules::text(std::string_view what) const {
  std::vector<std::string> more;
  for (const std::string& rule : strict)
    if (std::find(practice.begin(), practice.end(), rule) == practice.end()) more.push_back(rule);
  if (practice.empty() && more.empty()) return "";
  if (practice.empty()) return fmt::format("strictly, {} {}", what, fmt::join(more, ", "));
  return fmt::format("{} {}{}", what, fmt::join(practice, ", "),
                     more.empty() ? "" : fmt::format(" (strictly also {})", fmt::join(more, ", ")));
}

std::string OpenRules::text(std::string_view broken, std::string_view unshown) const {
  const std::string first = broken_.text(broken), second = unshown_.text(unshown);
  return first + (first.empty() || second.empty() ? "" : "; ") + second;
}

RunOutcome outcome_of(std::span<const RuleStatus> verdicts) {
  RunOutcome out;
  OutcomeOf strict, practice;
  for (const RuleStatus& v : verdicts) {
    const bool is_strict = v.reading == "strict";
    (is_strict ? strict : practice).add(v.status, v.counts);
    if (v.status == "fail" && v.counts && std::find(out.broken.begin(), out.broken.end(), v.rule) == out.broken.end())
      out.broken.push_back(v.rule);
    out.other_submission |= v.rule == "submission_identity" && is_strict && v.status != "pass";
  }
  if (!verdicts.empty()) out.strict = strict.word(), out.practice = practice.word();
  return out;
}

std::string worst_outcome(std::span<const std::string> outcomes) {
  OutcomeOf out;
  for (const std::string& outcome : outcomes) out.add(outcome.empty() ? "unknown" : outcome, true);
  const bool judged = std::any_of(outcomes.begin(), outcomes.end(), [](const std::string& o) { return !o.empty(); });
  return judged ? out.word() : "";
}

int urgency(std::string_view status) { return status == "fail" ? 3 : status == "unknown" ? 2 : status == "warn"; }

}  // namespace pgolf
