// Whether the engine tried what it was kept from.
#include <fmt/ranges.h>

#include "base/names.h"
#include "judge/rules/isolation.h"

namespace pgolf::rules {

Finding kept_to_sandbox(const RunEvidence& run, const RuleReading&) {
  Finding out{Status::pass, 0, 0, "attempts", {}, "watch of system calls"};
  int64_t count = 0;
  std::vector<std::string> tried, unwatched;
  for (const char* name : {kTrainPhase, kPackPhase, kEvalPhase}) {
    const auto* phase = run.phase(name);
    if (!phase || !phase->facts.watched) unwatched.push_back(name);
    if (!phase || phase->facts.denied.empty()) continue;
    count += times(phase->facts.denied);
    tried.push_back(fmt::format("{} tried: {}", name, attempts_text(phase->facts.denied)));
  }
  if (count > 0)
    out.status = Status::fail, out.observed = count, out.reason = fmt::format("{}", fmt::join(tried, ". "));
  else if (!unwatched.empty())
    return unknown(fmt::format("the system calls of {} were not watched", fmt::join(unwatched, ", ")), "attempts", 0);
  else
    out.reason = "no system call of train, pack and eval reached beyond what they were given";
  return out;
}

}  // namespace pgolf::rules
