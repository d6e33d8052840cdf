#include "judge/foreign_engine.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <vector>

#include "db/documents/documents.h"

namespace pgolf {

std::string foreign_engine(const RunRecord& record) {
  const auto own = record.environment.find("engine_built_sha256");
  if (own == record.environment.end()) return "";
  std::map<std::string, std::vector<std::string>> phases;  // by engine
  for (const PhaseRow& phase : record.phases) {
    const std::string engine = phase_document(phase).engine_sha256;
    if (engine.empty() || engine == own->second) continue;
    std::vector<std::string>& names = phases[engine];
    if (names.empty() || names.back() != phase.name) names.push_back(phase.name);  // its attempts follow each other
  }
  std::string out;
  for (const auto& [engine, names] : phases)
    out += fmt::format("{}{} by SHA-256 {}", out.empty() ? "" : ", ", fmt::join(names, ", "), engine);
  if (out.empty()) return "";
  return fmt::format("not the engine that this run's pgolf was built with ({}): {}", own->second, out);
}

}  // namespace pgolf
