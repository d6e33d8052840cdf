// Whether text, program and ruleset are the ones meant, and whether each phase had one attempt.
#include <fmt/ranges.h>

#include "base/message.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding validation_set(const RunEvidence& run, std::span<const KnownStream> streams) {
  const auto& facts = run.facts;
  const Json limit = "the challenge's";
  if (!facts.val_targets || !facts.val_bytes)
    return unknown(facts.val_problem.empty() ? "the validation text was not recounted"
                                             : "the prepared data are damaged: " + facts.val_problem,
                   "bytes", limit);
  Finding out{Status::unknown, *facts.val_bytes, limit, "bytes", {}, "recount"};
  out.reason = fmt::format(
      "{} targets of {} bytes are not the challenge's validation set: a score on them says nothing about a record",
      with_commas(*facts.val_targets), with_commas(*facts.val_bytes));
  const KnownStream* stream = find_stream(streams, *facts.val_targets, *facts.val_bytes);
  if (stream == nullptr) return out;
  const std::string same = "as many targets and bytes as the challenge's " + stream->name;
  if (stream->tokens_sha256.empty()) {
    out.status = Status::warn;
    out.reason = fmt::format("{}; the ruleset has no hash of its tokens, here it is {}", same, facts.val_tokens_sha256);
  } else if (stream->tokens_sha256 != facts.val_tokens_sha256) {
    out.reason = fmt::format("{}, but other tokens: their SHA-256 is {}, not {}", same, facts.val_tokens_sha256,
                             stream->tokens_sha256);
  } else {
    out.status = Status::pass;
    out.reason = "the tokens of the challenge's " + stream->name + ", by their SHA-256";
  }
  if (!facts.val_text_known) out.reason += ", counted on the shards alone";
  return out;
}

namespace {

// A library that one phase brought along itself, or that was another in one phase than in an earlier one; "" for none.
std::string odd_library(const RunEvidence& run) {
  std::map<std::string, std::string> seen;
  for (const PhaseEvidence& phase : run.phases)
    for (const auto& [path, sha256] : phase.facts.libraries) {
      if (sha256.empty()) return fmt::format("{} opened {}, a library of its own", phase.facts.name, as_message(path));
      if (seen.try_emplace(path, sha256).first->second != sha256)
        return fmt::format("{} in {} is another than in an earlier phase", as_message(path), phase.facts.name);
    }
  return "";
}

}  // namespace

Finding engine_identity(const RunEvidence& run, const RuleReading&) {
  const std::string& expected = run.facts.engine_sha256;
  if (expected.empty()) return unknown("the run does not say which engine its pgolf was built with");
  Finding out{
      Status::pass, expected, expected, "", "every phase ran by the engine that this run's pgolf was built with",
      "environment"};
  std::vector<std::string> other;
  for (const PhaseEvidence& phase : run.phases) {
    if (phase.facts.engine_sha256.empty()) return unknown(phase.facts.name + " does not say which engine ran it");
    if (!phase.facts.library_path.empty())
      return unknown(fmt::format("{} looked for its libraries in {} first: what ran is more than the engine",
                                 phase.facts.name, as_message(phase.facts.library_path)));
    if (phase.facts.engine_sha256 == expected) continue;
    other.push_back(phase.facts.name);
    out.observed = phase.facts.engine_sha256;
  }
  if (run.phases.empty()) return unknown("no phase is recorded");
  if (const std::string odd = odd_library(run); !odd.empty() && other.empty()) return unknown(odd);
  if (!other.empty())
    out.status = Status::unknown,
    out.reason = fmt::format("{} ran by another engine than the one that this run's pgolf was built with",
                             fmt::join(other, ", "));
  return out;
}

Finding phases_ran_once(const RunEvidence& run, const RuleReading&) {
  const auto& earlier = run.facts.earlier;
  Finding out{Status::pass, static_cast<int64_t>(earlier.size()), 0, "earlier attempts", {}, "record"};
  if (run.phases.empty()) return unknown("no phase is recorded", out.unit, out.limit);
  if (earlier.empty()) out.reason = "each phase was started once";
  std::vector<std::string> told;
  for (const EarlierAttempt& attempt : earlier) {
    if (out.status == Status::pass) out.status = Status::warn;
    if (attempt.well || !attempt.fault.empty()) out.status = Status::fail;
    told.push_back(fmt::format("attempt {} at {}: {}{}", attempt.number, attempt.phase, attempt.end,
                               attempt.fault.empty() ? "" : " (" + attempt.fault + ")"));
  }
  if (!told.empty()) out.reason = fmt::format("{}; only the last attempt is judged", fmt::join(told, "; "));
  return out;
}

Finding submission_identity(const std::string& id, bool shipped, std::span<const std::string> differences) {
  if (id.empty()) return unknown("which submission it is of is not recorded");
  Finding out{Status::pass, id, {}, "", "the submission that pgolf ships under this name", "submission"};
  if (!shipped) out.reason = "pgolf ships no submission of this name";
  if (!differences.empty())
    out.status = Status::unknown,
    out.reason = fmt::format("not the {} that pgolf ships: {}", id, fmt::join(differences, "; "));
  return out;
}

}  // namespace pgolf::rules
