// Whether training had validation data.
#include "base/names.h"
#include "judge/rules/isolation.h"

namespace pgolf::rules {

Finding training_without_validation(const RunEvidence& run, const RuleReading& reading) {
  return without(run, reading, {kTrainPhase, kPackPhase}, "val", {"val"});
}

}  // namespace pgolf::rules
