// Whether evaluation had training data or a network.
#include "base/names.h"
#include "judge/rules/isolation.h"

namespace pgolf::rules {

Finding evaluation_without_training(const RunEvidence& run, const RuleReading& reading) {
  auto out = without(run, reading, {kEvalPhase}, "train", {"train", "network"});
  const auto* eval = run.phase(kEvalPhase);
  if (out.status == Status::pass && eval->facts.network && reading.flag("isolation"))
    out.status = Status::unknown, out.reason += "; it could reach the network";
  return out;
}

}  // namespace pgolf::rules
