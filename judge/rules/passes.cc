#include "judge/rules/passes.h"

namespace pgolf::rules {

std::set<std::string> passes_of(const PhaseEvidence* eval) {
  std::set<std::string> out;
  if (!eval || !eval->events) return out;
  for (const auto& record : eval->events->events) {
    if (const auto* sums = std::get_if<StreamEvent>(&record.event)) out.insert(sums->name);
    if (const auto* result = std::get_if<ValidationEvent>(&record.event)) out.insert(result->name);
  }
  return out;
}

}  // namespace pgolf::rules
