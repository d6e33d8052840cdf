// Whether the program that ran is the one that pgolf was built with.
#include <fmt/ranges.h>

#include "base/message.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

// A library that one phase brought along itself, or that was another in one phase than in an earlier one; "" for none.
std::string odd_library(const RunEvidence& run) {
  std::map<std::string, std::string> seen;
  for (const PhaseEvidence& phase : run.phases)
    for (const auto& [path, sha256] : phase.facts.libraries) {
      if (sha256.empty()) return fmt::format("{} opened {}, a library of its own", phase.facts.name, as_message(path));
      if (seen.try_emplace(path, sha256).first->second != sha256)
        return fmt::format("{} in {} is another than in an earlier phase", as_message(path), phase.facts.name);
    }
  return "";
}

}  // namespace

Finding engine_identity(const RunEvidence& run, const RuleReading&) {
  const std::string& expected = run.facts.engine_sha256;
  if (expected.empty()) return unknown("the run does not say which engine its pgolf was built with");
  Finding out{
      Status::pass, expected, expected, "", "every phase ran by the engine that this run's pgolf was built with",
      "environment"};
  std::vector<std::string> other;
  for (const PhaseEvidence& phase : run.phases) {
    if (phase.facts.engine_sha256.empty()) return unknown(phase.facts.name + " does not say which engine ran it");
    if (!phase.facts.library_path.empty())
      return unknown(fmt::format("{} looked for its libraries in {} first: what ran is more than the engine",
                                 phase.facts.name, as_message(phase.facts.library_path)));
    if (phase.facts.engine_sha256 == expected) continue;
    other.push_back(phase.facts.name);
    out.observed = phase.facts.engine_sha256;
  }
  if (run.phases.empty()) return unknown("no phase is recorded");
  if (const std::string odd = odd_library(run); !odd.empty() && other.empty()) return unknown(odd);
  if (!other.empty())
    out.status = Status::unknown,
    out.reason = fmt::format("{} ran by another engine than the one that this run's pgolf was built with",
                             fmt::join(other, ", "));
  return out;
}

}  // namespace pgolf::rules
