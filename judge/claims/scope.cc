// What a publication leaves out: what logs cannot show, what else lies in its folder, what machine it ran on.
#include <fmt/ranges.h>

#include "judge/claims/claims.h"

namespace pgolf::rules {

Finding not_shown_by_logs(std::string_view rule) {
  static const std::map<std::string, std::string, std::less<>> shown_by{
      {"score_before_update", "what was learned from validation tokens, and when; the ledger of a run does"},
      {"scored_once", "how often each target was scored; the ledger of a run does"},
      {"normalised", "whether a score is a probability; the samples of a run do"},
      {"causal", "whether a score depends on later tokens; the probes of a run do"},
      {"training_without_validation", "which files training read; a run in the sandbox does"},
      {"evaluation_without_training", "which files and networks evaluation reached; a run in the sandbox does"}};
  return unknown(fmt::format("{} {}", kLogsDoNotShow, shown_by.find(rule)->second), "");
}

// The machine is a statement of the author; how many processes took part is printed by the script.
ClaimFinding claimed_hardware(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  if (!file.log) return std::nullopt;
  const std::string& stated = all.submission.hardware;
  const auto count = reading.integer("count");
  Finding out{Status::unknown,  stated, fmt::format("{}x {} SXM", count, reading.text("gpu")), "", {},
              "submission.toml"};
  const bool named = is_soldered(stated, reading.text("gpu"));
  std::optional<int64_t> processes;
  for (const auto* claim : file.claims)
    if (claim->world_size) processes = claim->world_size;
  for (const auto& log : all.logs)
    if (log.source == file.source && log.facts.world_size >= 0) processes = log.facts.world_size;
  if (processes && *processes != count)
    out.reason = fmt::format("the log prints {} processes: its times say nothing about those of {}", *processes, count);
  else if (!named)
    out.reason = "the machine that is stated is not that of the rule";
  else if (!processes)
    out.reason = "as stated; the log does not print how many processes took part";
  else
    out.status = Status::pass, out.reason = fmt::format("as stated, with {} processes as the log prints", *processes);
  return out;
}

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

Finding code_in_one_file(const Publication& all, const RuleReading&) {
  const auto& others = all.submission.code.others;
  if (!others) return unknown("what lies beside the script is not stated", "files", 0);
  Finding out{Status::pass, std::ssize(*others), 0, "files", "no code lies beside the script", "submission.toml"};
  if (!others->empty())
    out.status = Status::unknown,
    out.reason =
        fmt::format("beside the script, not counted, and not known to be needed: {}", fmt::join(*others, ", "));
  return out;
}

}  // namespace pgolf::rules
