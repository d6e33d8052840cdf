#include "judge/run_evidence.h"

namespace pgolf {

std::optional<double> PhaseEvidence::part_ms(const std::string& name) const {
  if (!events) return std::nullopt;
  std::optional<double> sum;
  for (const auto& record : events->events)
    if (const auto* end = std::get_if<PhaseEndEvent>(&record.event); end && end->name == name)
      sum = sum.value_or(0) + end->elapsed_ms;
  return sum;
}

bool PhaseEvidence::saw_part(const std::string& name) const {
  if (!events) return false;
  for (const auto& record : events->events)
    if (const auto* start = std::get_if<PhaseStartEvent>(&record.event); start && start->name == name) return true;
  return false;
}

const PhaseEvidence* RunEvidence::phase(std::string_view name) const {
  for (const auto& phase : phases)
    if (phase.facts.name == name) return &phase;
  return nullptr;
}

}  // namespace pgolf
