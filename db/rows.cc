#include "db/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/error.h"
#include "base/message.h"

namespace pgolf {

bool is_run_name(std::string_view text) {
  constexpr std::array<std::string_view, 4> kOthers = {"audits", "data", "reports", "sweeps"};
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
  return !text.empty() && text.size() <= 100 && text.front() != '.' &&
         text.find_first_not_of(kLetters) == std::string_view::npos && !text.starts_with("runs.db") &&
         std::find(kOthers.begin(), kOthers.end(), text) == kOthers.end();
}

bool is_phase_name(std::string_view text) { return std::find(kPhases.begin(), kPhases.end(), text) != kPhases.end(); }

std::string chain_head_text(const ChainHead& head) { return fmt::format("{}:{}", head.seals, head.sha256); }

std::optional<ChainHead> chain_head_from(std::string_view text) {
  ChainHead out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.seals);
  const auto digits = static_cast<size_t>(end - text.data());
  if (error != std::errc() || out.seals < 0 || digits == text.size() || text[digits] != ':') return std::nullopt;
  out.sha256 = text.substr(digits + 1);
  const bool hex = out.sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  return hex && out.sha256.size() == (out.seals > 0 ? 64 : 0) ? std::optional(out) : std::nullopt;
}

void check_counts(const RunRecord& record) {
  const RunRow& run = record.run;
  if (run.withdrawn_at.empty()) return;
  fail(ErrorKind::usage, "run {} was withdrawn{}{}; it stays out of boards and comparisons", run.id,
       run.withdrawn_reason.empty() ? "" : ": ", run.withdrawn_reason);
}

const PhaseRow* RunRecord::phase(std::string_view phase) const {
  const PhaseRow* out = nullptr;
  for (const PhaseRow& row : phases)
    if (row.name == phase && (!out || row.attempt > out->attempt)) out = &row;
  return out;
}

namespace {

const ArtifactRow* saved_file(const RunRecord& record, std::string_view name) {
  const auto it = std::find_if(record.artifacts.begin(), record.artifacts.end(),
                               [&](const ArtifactRow& row) { return row.name == name; });
  return it == record.artifacts.end() ? nullptr : &*it;
}

}  // namespace

const ArtifactRow* RunRecord::artifact() const { return saved_file(*this, "artifact"); }
const ArtifactRow* RunRecord::checkpoint() const { return saved_file(*this, "checkpoint"); }

std::optional<double> RunRecord::metric(const std::string& name) const {
  const auto it = metrics.find(name);
  return it == metrics.end() ? std::nullopt : std::optional(it->second);
}

Failure lost_while(const RunRow& run) {
  return {"lost",
          fmt::format("pgolf ended while {}; last sign of life {}", run_state_name(run.state), run.heartbeat_at)};
}

void lose(PhaseRow& phase, const std::string& why) { phase.outcome = "lost", phase.message = as_message(why); }

}  // namespace pgolf
