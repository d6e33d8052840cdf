// Whether the text scored is the challenge's.
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

}  // namespace pgolf::rules
