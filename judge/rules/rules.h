// The rules themselves, one function each: what is observed, held against one reading's limits.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "judge/rules/finding.h"
#include "judge/run_evidence.h"

namespace pgolf::rules {

// Times as they count: the loop, then later steps that read training data.
struct TrainTime {
  double loop_ms = 0, calibration_ms = 0;
  double last_step_ms = 0, mean_step_ms = 0;  // 0: not known. Where the last is not, the mean is what a step takes
  double open_ms = 0;                         // either way, by the rounding of what was printed
  double total() const { return loop_ms + calibration_ms; }
};
// What a reading makes of evidence that is not there, named by one of its parameters; unknown if it does not say.
Status missing_is(const RuleReading& reading, const char* param);
Finding judge_train_time(const TrainTime& time, const RuleReading& reading);
Finding judge_total_bytes(int64_t total, const RuleReading& reading);
// Print rounding leaves open on which side of its limit a time lies.
void leave_open(Finding& out, double open_ms);

Finding artifact_size(const RunEvidence& run, const RuleReading& reading);
Finding artifact_identity(const RunEvidence& run, const RuleReading& reading);
Finding train_time(const RunEvidence& run, const RuleReading& reading);
Finding eval_time(const RunEvidence& run, const RuleReading& reading);
Finding hardware(const RunEvidence& run, const RuleReading& reading);
// Whether a machine is named as one whose GPUs, of this name, are soldered to their board: others name PCIe or NVL.
bool is_soldered(std::string_view named, std::string_view gpu);
Finding score_before_update(const RunEvidence& run, const RuleReading& reading);
Finding scored_once(const RunEvidence& run, const RuleReading& reading);
Finding ledger_intact(const RunEvidence& run, const RuleReading& reading);
Finding normalised(const RunEvidence& run, const RuleReading& reading);
Finding causal(const RunEvidence& run, const RuleReading& reading);
Finding training_without_validation(const RunEvidence& run, const RuleReading& reading);
Finding evaluation_without_training(const RunEvidence& run, const RuleReading& reading);
Finding kept_to_sandbox(const RunEvidence& run, const RuleReading& reading);
Finding data_hashes(const RunEvidence& run, const RuleReading& reading);
Finding byte_count(const RunEvidence& run, const RuleReading& reading);
Finding validation_set(const RunEvidence& run, std::span<const KnownStream> streams);
Finding training_extent(const RunEvidence& run, const RuleReading& reading);
Finding train_val_overlap(const RunEvidence& run, const RuleReading& reading);
Finding phases_ran_once(const RunEvidence& run, const RuleReading& reading);
Finding one_result(const RunEvidence& run, const RuleReading& reading);
Finding fits_configuration(const RunEvidence& run, const RuleReading& reading);
Finding engine_identity(const RunEvidence& run, const RuleReading& reading);
Finding audited(const RunEvidence& run, const RuleReading& reading);
Finding twin_gap(const RunEvidence& run, const RuleReading& reading);
Finding submission_identity(const std::string& id, bool shipped, std::span<const std::string> differences);

}  // namespace pgolf::rules
