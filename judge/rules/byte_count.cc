// What the bits per byte of a run divide by.
#include <cmath>

#include "base/names.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {
namespace {

constexpr int64_t kMaxTargetBytes = 64;  // no token of the tokenizers in use stands for more text

}  // namespace

Finding byte_count(const RunEvidence& run, const RuleReading&) {
  const Json limit = run.facts.val_bytes ? Json(*run.facts.val_bytes) : Json();
  const auto* eval = run.phase(kEvalPhase);
  if (!eval || !eval->events) return unknown(eval ? eval->problem : "no evaluation phase is recorded", "bytes", limit);
  const ReportedResult result = eval->result();
  if (!result.event) return unknown(result.problem.empty() ? "no result was reported" : result.problem, "bytes", limit);
  const ValidationEvent& pass = *result.event;
  Finding out{Status::pass, pass.bytes, limit, "bytes", {}, fmt::format("{}:{}", eval->file, result.line)};
  const auto ends = [&](Status status, std::string reason) {
    out.status = status, out.reason = std::move(reason);
    return out;
  };
  if (!result.problem.empty()) return ends(Status::fail, result.problem);
  if (!run.facts.val_bytes)
    return ends(Status::unknown, run.facts.val_problem.empty()
                                     ? "the text behind the targets was not recounted"
                                     : "the prepared data are damaged: " + run.facts.val_problem);
  const int64_t targets = pass.targets - run.facts.val_targets.value_or(pass.targets),
                bytes = pass.bytes - *run.facts.val_bytes;
  if (targets == 0 && bytes != 0)
    return ends(Status::fail, fmt::format("the recount of the text gives {} bytes", with_commas(*run.facts.val_bytes)));
  if (targets == 0)
    return run.facts.val_text_known
               ? ends(Status::pass, "equal to the recount of the text behind the scored targets")
               : ends(Status::unknown,
                      "equal to the recount of the shards; the documents' text is not there to prove what they stand "
                      "for");
  // Scored again or left out, as the ledger has it; no target is beyond the stream's.
  const bool ledgered = run.ledger && targets == run.ledger->check.repeated - run.ledger->check.missing;
  const bool plausible =
      std::abs(bytes) <= kMaxTargetBytes * std::abs(targets) && (bytes == 0 || (bytes > 0) == (targets > 0));
  if (!ledgered)
    return ends(Status::fail, fmt::format("{} targets off the stream's {}, which the ledger does not show",
                                          with_commas(targets), with_commas(*run.facts.val_targets)));
  return ends(plausible ? Status::warn : Status::fail,
              fmt::format("{} bytes off the recount, over {} targets that were scored again or left out",
                          with_commas(bytes), with_commas(std::abs(targets))));
}

}  // namespace pgolf::rules
