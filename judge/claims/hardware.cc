// The machine as stated, and the number of processes as printed.
#include "judge/claims/claims.h"

namespace pgolf::rules {

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

}  // namespace pgolf::rules
