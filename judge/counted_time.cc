#include "judge/counted_time.h"

#include "base/names.h"
#include "db/documents/documents.h"
#include "engine/evidence/events.h"

namespace pgolf {

std::optional<double> counted_ms(const PhaseRow& phase) {
  const char* part = phase.name == kTrainPhase ? kPartTrainLoop : phase.name == kEvalPhase ? kPartEval : nullptr;
  if (!part) return std::nullopt;
  const auto spans = phase_document(phase).span_ms;
  const auto found = spans.find(part);
  return found == spans.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace pgolf
