// Whether the artifact knows the validation text: whether it scores a second text of the same source worse.
#include <algorithm>

#include "base/names.h"
#include "base/units.h"
#include "engine/evidence/twin.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

constexpr char kUnit[] = "bits per byte";

// Why what was scored as the twin is none; "" if it is the one of the run's data.
std::string not_the_twin(const RunEvidence& run, const EventsFile& log) {
  const auto is_ours = [&](const std::string& sha256) {
    return std::any_of(run.facts.manifest.begin(), run.facts.manifest.end(),
                       [&](const ManifestFile& file) { return file.role == kTwinRole && file.sha256 == sha256; });
  };
  int64_t files = 0;
  for (const EventRecord& record : log.events)
    if (const auto* data = std::get_if<DataEvent>(&record.event); data && data->role == kTwinRole) {
      if (!is_ours(data->sha256)) return "the second text is not the twin of these data that is here";
      ++files;
    }
  return files == 0 ? "the evaluation does not say which second text it scored" : "";
}

}  // namespace

Finding twin_gap(const RunEvidence& run, const RuleReading& reading) {
  const double limit = reading.number("max_gap_bpb");
  const PhaseEvidence* eval = run.phase(kEvalPhase);
  // The audit's passes were made here; it may be older than the twin.
  const bool audited = run.facts.audit && run.facts.audit->own_engine && run.facts.audit->log &&
                       run.facts.audit->artifact_sha256 == run.facts.artifact_sha256 &&
                       twin_gap_of(*run.facts.audit->log);
  const std::optional<EventsFile>* log = audited ? &run.facts.audit->log : eval ? &eval->events : nullptr;
  if (!log || !*log) return unknown(eval ? eval->problem : "no evaluation phase is recorded", kUnit, limit);
  std::string problem = "its data have no twin of the validation set (`pgolf data twin`)";
  const auto found = twin_gap_of(**log, &problem);
  if (!found) return unknown(problem, kUnit, limit);
  if (const std::string why = not_the_twin(run, **log); !why.empty()) return unknown(why, kUnit, limit);
  const double gap = found->gap(), half = reading.number("deviations") * found->error();
  Finding out{Status::pass, gap, limit,
              kUnit,        {},  fmt::format("{}eval.events.jsonl:{}", audited ? "audit, " : "", found->line)};
  out.reason = fmt::format(
      "without adaptation {:.4f} on the twin's {} documents, {:.4f} on the {} of validation: {:+.4f}, between {:+.4f} "
      "and {:+.4f}",
      found->twin.bpb, with_commas(found->twin.documents), found->val.bpb, with_commas(found->val.documents), gap,
      gap - half, gap + half);
  if (std::min(found->twin.documents, found->val.documents) < reading.integer("min_documents"))
    out.status = Status::unknown, out.reason += "; too few documents";
  else if (gap - half > limit)
    out.status = Status::fail, out.reason += "; it knows the validation text";
  return out;
}

}  // namespace pgolf::rules
