// The machine as stated, and the number of processes as printed.
#include "base/utf8.h"
#include "judge/claims/logs.h"

namespace pgolf::rules {

namespace {

// "8x NVIDIA H100 80GB HBM3", "8xH100 SXM", "8 * h100": so many of this GPU, soldered, and no other machine beside it.
bool names_machine(const std::string& stated, int64_t count, const std::string& named) {
  const std::string text = lower_ascii(stated), gpu = lower_ascii(named);
  const auto at = text.find(gpu);
  if (at == std::string::npos || text.find("pcie") != std::string::npos || text.find("nvl") != std::string::npos)
    return false;
  std::string before = text.substr(0, at);
  if (const auto maker = before.find("nvidia"); maker != std::string::npos) before.resize(maker);
  const auto last = before.find_last_not_of(" x*");
  const auto first = before.find_first_not_of(' ');
  return last != std::string::npos && before.substr(first, last + 1 - first) == std::to_string(count);
}

}  // namespace

// The machine is what the log's own table shows, else a statement of the author; how many processes took part is
// printed by the script.
ClaimFinding claimed_hardware(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  if (!file.log) return std::nullopt;
  const PublishedLog* log = log_of(all, file.source);
  const bool shown = log && !log->facts.gpus.empty();
  const std::string stated = shown ? log->facts.machine() : all.submission.hardware;
  const auto count = reading.integer("count");
  Finding out{Status::unknown,  stated, fmt::format("{}x {} SXM", count, reading.text("gpu")), "", {},
              "submission.toml"};
  std::optional<int64_t> processes;
  for (const auto* claim : file.claims)
    if (claim->world_size) processes = claim->world_size;
  if (log && log->facts.world_size >= 0) processes = log->facts.world_size;
  if (processes && *processes != count)
    out.reason = fmt::format("the log prints {} processes: its times say nothing about those of {}", *processes, count);
  else if (stated.empty())
    out.reason = shown ? "the log shows GPUs of several kinds" : "no machine is stated";
  else if (!names_machine(stated, count, reading.text("gpu")))
    out.reason = "the machine that is stated is not that of the rule";
  else if (!processes)
    out.reason = "as stated; the log does not print how many processes took part";
  else
    out.status = Status::pass, out.reason = fmt::format("as stated, with {} processes as the log prints", *processes);
  return out;
}

}  // namespace pgolf::rules
