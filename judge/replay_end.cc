#include "judge/replay_end.h"

#include <fmt/format.h>

namespace pgolf {

ReplayEnd replay_end(const RunRecord& record) {
  const ArtifactRow* artifact = record.artifact();
  if (!record.replay || record.replay->artifact_sha256.empty() || !artifact) return ReplayEnd::nothing;
  return artifact->sha256 == record.replay->artifact_sha256 ? ReplayEnd::equal : ReplayEnd::different;
}

std::string replay_text(const RunRecord& record) {
  if (!record.replay) return "";
  const std::string& of = record.replay->replay_of;
  switch (replay_end(record)) {
    case ReplayEnd::equal:
      return fmt::format("replay of {}: the same artifact, SHA-256 {}", of, record.replay->artifact_sha256);
    case ReplayEnd::different:
      return fmt::format("replay of {}: ANOTHER artifact, SHA-256 {}, not {}", of, record.artifact()->sha256,
                         record.replay->artifact_sha256);
    case ReplayEnd::nothing: break;
  }
  return fmt::format("replay of {}: nothing to compare, {} run has no artifact", of,
                     record.artifact() ? "that" : "this");
}

}  // namespace pgolf
