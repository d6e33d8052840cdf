// How much text the log says that it trained on.
#include "judge/claims/claims.h"

namespace pgolf::rules {

// How much text a log says that it trained on. One number is that of a preparation which leaves validation documents in
// the training text: a reason to look, no proof.
ClaimFinding training_text(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  if (!file.log) return std::nullopt;
  const auto suspect = reading.integer("suspect_shards");
  for (const auto& log : all.logs) {
    if (log.source != file.source || log.facts.train_shards < 0) continue;
    Finding out{Status::pass, log.facts.train_shards, {}, "shards", "as the log prints", {}};
    if (log.facts.train_shards == suspect)
      out.status = Status::unknown,
      out.reason = fmt::format(
          "{} shards are what a preparation gives that trains on validation documents: a reason to look, no proof",
          with_commas(suspect));
    return out;
  }
  return unknown("the log does not print how many shards it trained on, or is not at hand", "shards");
}

}  // namespace pgolf::rules
