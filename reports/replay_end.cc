#include "reports/replay_end.h"

#include <fmt/format.h>

namespace pgolf {
namespace {

const std::string* artifact_sha256(const RunRecord& record) {
  for (const ArtifactRow& artifact : record.artifacts)
    if (artifact.name == "artifact") return &artifact.sha256;
  return nullptr;
}

}  // namespace

ReplayEnd replay_end(const RunRecord& record) {
  const std::string* sha256 = artifact_sha256(record);
  if (!record.replay || record.replay->artifact_sha256.empty() || !sha256) return ReplayEnd::nothing;
  return *sha256 == record.replay->artifact_sha256 ? ReplayEnd::equal : ReplayEnd::different;
}

std::string replay_text(const RunRecord& record) {
  if (!record.replay) return "";
  const std::string& of = record.replay->replay_of;
  switch (replay_end(record)) {
    case ReplayEnd::equal:
      return fmt::format("replay of {}: the same artifact, SHA-256 {}", of, record.replay->artifact_sha256);
    case ReplayEnd::different:
      return fmt::format("replay of {}: ANOTHER artifact, SHA-256 {}, not {}", of, *artifact_sha256(record),
                         record.replay->artifact_sha256);
    case ReplayEnd::nothing: break;
  }
  return fmt::format("replay of {}: nothing to compare, {} run has no artifact", of,
                     artifact_sha256(record) ? "that" : "this");
}

}  // namespace pgolf
