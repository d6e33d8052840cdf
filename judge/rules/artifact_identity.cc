// Whether the artifact that was scored is the one that was packed.
#include "base/names.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding artifact_identity(const RunEvidence& run, const RuleReading&) {
  const auto& facts = run.facts;
  if (facts.artifact_sha256.empty() || facts.artifact_sha256_before_eval.empty())
    return unknown("the artifact was not hashed before evaluation and again now");
  Finding out{Status::pass,
              facts.artifact_sha256,
              facts.artifact_sha256_before_eval,
              "",
              "same SHA-256 when packed, when scored and now",
              "artifact.bin"};
  const auto differ = [&](std::string reason) { out.status = Status::fail, out.reason = std::move(reason); };
  if (facts.artifact_sha256 != facts.artifact_sha256_before_eval)
    differ("the file is not the one that was there before evaluation");
  const auto* pack = run.phase(kPackPhase);
  const auto* packed = pack ? pack->last<ArtifactEvent>() : nullptr;
  if (packed) {
    if (packed->sha256 != facts.artifact_sha256_before_eval) differ("packing reported another file");
    if (facts.model_bytes && packed->model_bytes != *facts.model_bytes)
      differ(fmt::format("packing reported {} bytes, the file has {}", with_commas(packed->model_bytes),
                         with_commas(*facts.model_bytes)));
  }
  bool scored = false;
  if (const auto* eval = run.phase(kEvalPhase); eval && eval->events)
    for (const auto& record : eval->events->events)
      if (const auto* data = std::get_if<DataEvent>(&record.event); data && data->role == "artifact") {
        scored = true;
        if (data->sha256 != facts.artifact_sha256_before_eval) differ("evaluation opened another file");
      }
  if (out.status == Status::pass && !(packed && scored))
    return unknown(packed ? "evaluation did not report the artifact that it opened"
                          : "packing did not report its artifact");
  return out;
}

}  // namespace pgolf::rules
