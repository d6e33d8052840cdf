#include "harness/judge/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace pgolf {

const char* status_name(Status status) {
  switch (status) {
    case Status::pass: return "pass";
    case Status::warn: return "warn";
    case Status::fail: return "fail";
    case Status::unknown: return "unknown";
  }
  return "";
}

const char* reading_name(Reading reading) { return reading == Reading::strict ? "strict" : "practice"; }

Json verdict_to_json(const Verdict& verdict) {
  Json out;
  out["rule"] = verdict.rule;
  out["reading"] = reading_name(verdict.reading);
  out["subject"] = verdict.subject.empty() ? Json() : Json(verdict.subject);
  out["status"] = status_name(verdict.status);
  out["observed"] = verdict.observed;
  out["limit"] = verdict.limit;
  out["unit"] = verdict.unit;
  out["reason"] = verdict.reason;
  out["evidence"] = verdict.evidence;
  out["citation"] = verdict.citation;
  out["counts"] = verdict.counts;
  out["title"] = verdict.title;
  return out;
}

Json verdicts_to_json(std::span<const Verdict> verdicts) {
  Json out = Json::array();
  for (const auto& verdict : verdicts) out.push_back(verdict_to_json(verdict));
  return out;
}

Status outcome(std::span<const Verdict> verdicts, Reading reading) {
  bool any = false, failed = false, unknown = false, warned = false;
  for (const auto& verdict : verdicts) {
    if (verdict.reading != reading) continue;
    any = true;
    warned |= verdict.status == Status::warn;
    if (!verdict.counts) continue;
    failed |= verdict.status == Status::fail;
    unknown |= verdict.status == Status::unknown;
  }
  if (failed) return Status::fail;
  if (unknown || !any) return Status::unknown;
  return warned ? Status::warn : Status::pass;
}

std::string verdict_table(std::span<const Verdict> verdicts) {
  struct Row {
    std::string rule, reading, status, observed, limit;
  };
  std::vector<Row> rows;
  size_t rule = 0, observed = 0, limit = 0;
  for (const auto& v : verdicts) {
    rows.push_back({v.subject.empty() ? v.rule : v.rule + " (" + v.subject + ")", reading_name(v.reading),
                    status_name(v.status), display_value(v.observed, v.unit), display_value(v.limit, v.unit)});
    rule = std::max(rule, rows.back().rule.size());
    observed = std::max(observed, rows.back().observed.size());
    limit = std::max(limit, rows.back().limit.size());
  }
  std::string out;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    out += fmt::format("{:<{}}  {:<8}  {:<7}  {:>{}}  {:>{}}", row.rule, rule, row.reading, row.status, row.observed,
                       observed, row.limit, limit);
    if (verdicts[i].status != Status::pass) out += "  " + verdicts[i].reason;
    out += "\n";
  }
  return out;
}

}  // namespace pgolf
