// Whether training had validation data.
#include "judge/rules/isolation.h"

namespace pgolf::rules {

Finding training_without_validation(const RunEvidence& run, const RuleReading& reading) {
  return without(run, reading, {"train", "pack"}, "val", {"val"});
}

}  // namespace pgolf::rules
