#include "judge/counted.h"

#include <string_view>

#include "base/names.h"
#include "db/documents/documents.h"
#include "engine/evidence/events.h"

namespace pgolf {
namespace {

// Nothing for a rule that was not judged, or where nothing was observed.
std::optional<double> observed(const RunRecord& record, std::string_view rule, Reading reading) {
  if (!record.judgement) return std::nullopt;
  for (const Verdict& v : verdicts_of(*record.judgement))
    if (v.rule == rule && v.reading == reading && v.observed.is_number()) return v.observed.get<double>();
  return std::nullopt;
}

const char* counted_part(std::string_view phase) {
  return phase == kTrainPhase  ? kPartTrainLoop
         : phase == kPackPhase ? kPartCalibrate
         : phase == kEvalPhase ? kPartEval
                               : "";
}

}  // namespace

std::optional<CountedBytes> counted_bytes(const RunRecord& record, Reading reading) {
  const ArtifactRow* artifact = record.artifact();
  if (!artifact) return std::nullopt;
  const auto total = observed(record, "artifact_size", reading);
  if (total && *total >= static_cast<double>(artifact->bytes))
    return CountedBytes{artifact->bytes, static_cast<int64_t>(*total) - artifact->bytes};
  return CountedBytes{artifact->bytes, pinned_document(record.pinned).code_bytes.value_or(0)};
}

std::optional<double> counted_ms(const RunRecord& record, const PhaseRow& phase) {
  const auto spans = phase_document(phase).span_ms;
  const auto span = spans.find(counted_part(phase.name));
  const bool judged = record.phase(phase.name) == &phase;  // the latest attempt is
  if (phase.name == kEvalPhase && judged)                  // as many passes as the reading counts
    if (const auto ms = observed(record, "eval_time", Reading::strict)) return ms;
  if (span != spans.end()) return span->second;
  if (phase.name == kTrainPhase && judged)  // by the clock that was there; of the whole only if it lies in this process
    if (const auto ms = observed(record, "train_time", Reading::strict); ms && *ms <= phase.wall_ms.value_or(0))
      return ms;
  return std::nullopt;
}

}  // namespace pgolf
