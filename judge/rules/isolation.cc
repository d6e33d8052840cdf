#include "judge/rules/isolation.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/names.h"

namespace pgolf::rules {
namespace {

bool has(const std::vector<std::string>& list, const std::string& item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

// Files of `role` that the phase opened, with the line of the first.
std::pair<int64_t, int64_t> opened(const PhaseEvidence& phase, const std::string& role) {
  int64_t files = 0, line = 0;
  for (const auto& record : phase.events->events)
    if (const auto* data = std::get_if<DataEvent>(&record.event); data && data->role == role && ++files == 1)
      line = record.line;
  return {files, line};
}

std::vector<Attempt> attempts_at(const PhaseFacts& phase, const std::set<std::string>& kinds) {
  std::vector<Attempt> out;
  std::copy_if(phase.denied.begin(), phase.denied.end(), std::back_inserter(out),
               [&](const Attempt& a) { return kinds.contains(a.kind); });
  return out;
}

}  // namespace

int64_t times(const std::vector<Attempt>& attempts) {
  int64_t out = 0;
  for (const Attempt& a : attempts) out += a.times;
  return out;
}

Finding without(const RunEvidence& run, const RuleReading& reading, const std::vector<std::string>& names,
                const std::string& role, const std::set<std::string>& forbidden) {
  Finding out{Status::pass, 0, 0, "files", {}, {}};
  std::vector<std::string> open, isolated;
  int64_t files = 0;
  for (const auto& name : names) {
    const auto* phase = run.phase(name);
    if (!phase) return unknown(fmt::format("no {} phase is recorded", name), "files", 0);
    if (const auto tried = attempts_at(phase->facts, forbidden); !tried.empty())
      return {
          Status::fail,           times(tried), 0, "attempts", fmt::format("{} tried: {}", name, attempts_text(tried)),
          "watch of system calls"};
    if (has(phase->facts.visible, role)) open.push_back(name);
    if (!phase->facts.isolation.empty()) isolated.push_back(fmt::format("{} in {}", name, phase->facts.isolation));
    if (!phase->events) return unknown(phase->problem, "files", 0);
    const bool reads_data = name != kPackPhase;  // packing may not
    if (reads_data && !phase->last<DataEvent>())
      return unknown(fmt::format("{} reported no file at all", name), "files", 0);
    const auto [count, line] = opened(*phase, role);
    if (count > 0) out.evidence = fmt::format("{}:{}", phase->file, line);
    files += count;
  }
  out.observed = files;
  if (files > 0) {
    out.status = Status::fail;
    out.reason = fmt::format("opened {} {} files", files, role);
  } else if (!open.empty()) {
    out.status = Status::fail;
    out.reason = fmt::format("{} data lay open to {}", role, fmt::join(open, ", "));
  } else if (isolated.size() == names.size()) {
    out.reason = fmt::format("{}; none reported opening {} data", fmt::join(isolated, ", "), role);
    out.evidence = "sandbox";
  } else {
    out.reason = fmt::format("none was given or reported opening {} data", role);
    if (reading.flag("isolation")) out.status = Status::unknown, out.reason += ", but nothing kept them from it";
  }
  return out;
}

}  // namespace pgolf::rules
