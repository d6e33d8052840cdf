#include "db/documents/recorded_passes.h"

#include "db/documents/documents.h"

namespace pgolf {

std::vector<ScoringPass> recorded_passes(const RunRecord& record, const PhaseRow& phase) {
  std::vector<ScoringPass> out = phase_document(phase).passes;
  for (ScoringPass& pass : out)
    if (!record.metric(pass_metric("val_bpb", pass.name))) pass.val_loss = pass.val_bpb = std::nullopt;
  return out;
}

}  // namespace pgolf
