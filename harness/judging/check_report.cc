#include "harness/judging/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>

#include "judge/outcome.h"

namespace pgolf {
namespace {

// Both readings of what one file says on one rule.
struct Line {
  const Verdict* strict = nullptr;
  const Verdict* practice = nullptr;
  const Verdict& any() const { return strict ? *strict : *practice; }
};

std::vector<Line> lines_of(std::span<const Verdict> verdicts, const std::string& rule) {
  std::vector<Line> out;
  for (const Verdict& v : verdicts) {
    if (v.rule != rule) continue;
    auto line = std::find_if(out.begin(), out.end(), [&](const Line& l) { return l.any().subject == v.subject; });
    if (line == out.end()) line = out.insert(out.end(), Line{});
    (v.reading == Reading::strict ? line->strict : line->practice) = &v;
  }
  return out;
}

int urgency_of(const Line& line) {
  const auto of = [](const Verdict* v) { return v ? urgency(v->status) : 0; };
  return std::max(of(line.strict), of(line.practice));
}

// What failed comes first.
std::vector<std::string> rules_of(std::span<const Verdict> verdicts) {
  std::vector<std::pair<int, std::string>> rules;
  for (const Verdict& v : verdicts) {
    auto rule = std::find_if(rules.begin(), rules.end(), [&](const auto& r) { return r.second == v.rule; });
    if (rule == rules.end()) rule = rules.insert(rules.end(), {0, v.rule});
    rule->first = std::max(rule->first, urgency(v.status));
  }
  std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> out;
  for (auto& [urgent, rule] : rules) out.push_back(std::move(rule));
  return out;
}

std::string status_of(const Verdict* v) { return v ? status_name(v->status) : "-"; }

std::string values_of(const Verdict& v) {
  std::string out = v.observed.is_null() ? "" : display_value(v.observed, v.unit);
  if (!v.observed.is_null() && !v.limit.is_null()) out += ", limit " + display_value(v.limit, v.unit);
  return out;
}

std::string said(const Verdict& v) {
  const std::string values = values_of(v);
  return values + (values.empty() || v.reason.empty() ? "" : ": ") + v.reason;
}

// What the practical reading says where it is not what the strict one says.
std::string file_lines(const Line& line, size_t width) {
  const Verdict& first = line.any();
  std::string out = fmt::format("  {:<8}{:<9} {:<{}}  {}\n", status_of(line.strict), status_of(line.practice),
                                first.subject.empty() ? "-" : first.subject, width, said(first));
  if (line.strict && line.practice && said(*line.practice) != said(*line.strict))
    out += fmt::format("  {:<8}{:<9} {:<{}}  practice: {}\n", "", "", "", width, said(*line.practice));
  return out;
}

std::string citations(const std::vector<Line>& lines) {
  std::string out;
  for (const auto& [member, name] : {std::pair(&Line::strict, "strict"), {&Line::practice, "practice"}})
    for (const Line& line : lines)
      if (const Verdict* v = line.*member; v && v->status != Status::pass) {
        out += fmt::format("    {} rests on: {}\n", name, v->citation);
        break;
      }
  return out;
}

}  // namespace

std::string claims_text(std::span<const Verdict> verdicts) {
  size_t width = 1;
  for (const Verdict& v : verdicts) width = std::max(width, v.subject.size());
  std::string out = outcome_text(verdicts) + fmt::format("  {:<8}{:<9}\n", "strict", "practice");
  for (const std::string& rule : rules_of(verdicts)) {
    auto lines = lines_of(verdicts, rule);
    std::stable_sort(lines.begin(), lines.end(),
                     [](const Line& a, const Line& b) { return urgency_of(a) > urgency_of(b); });
    out += fmt::format("\n{} [{}]\n", lines.front().any().title, rule);
    for (const Line& line : lines) out += file_lines(line, width);
    out += citations(lines);
  }
  return out;
}

std::string checked_text(std::span<const CheckedSubmission> submissions) {
  size_t width = 10;
  for (const CheckedSubmission& s : submissions) width = std::max(width, s.label().size());
  std::string out = fmt::format("{:<{}} {:<8} {:<9} {}\n", "SUBMISSION", width, "STRICT", "PRACTICE",
                                "BROKEN (practice; strict alone)");
  for (const CheckedSubmission& s : submissions) {
    if (!s.problem.empty()) {
      out += fmt::format("{:<{}} {:<8} {:<9} not judged: {}\n", s.label(), width, "-", "-", s.problem);
      continue;
    }
    const auto practice = failed_rules(s.verdicts, Reading::practice);
    auto strict = failed_rules(s.verdicts, Reading::strict);
    std::erase_if(strict, [&](const std::string& rule) {
      return std::find(practice.begin(), practice.end(), rule) != practice.end();
    });
    out +=
        fmt::format("{:<{}} {:<8} {:<9} {}; {}\n", s.label(), width, status_name(outcome(s.verdicts, Reading::strict)),
                    status_name(outcome(s.verdicts, Reading::practice)),
                    practice.empty() ? "-" : fmt::format("{}", fmt::join(practice, ", ")),
                    strict.empty() ? "-" : fmt::format("{}", fmt::join(strict, ", ")));
  }
  return out;
}

std::string counts_text(std::span<const CheckedSubmission> submissions) {
  constexpr std::array kStatuses{"fail", "unknown", "warn", "pass"};
  std::vector<std::pair<std::string, std::map<std::string, int64_t>>> rows;  // in the ruleset's order
  const auto row_of = [&](const std::string& name) -> std::map<std::string, int64_t>& {
    auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) { return r.first == name; });
    return row == rows.end() ? rows.insert(rows.end(), {name, {}})->second : row->second;
  };
  for (const Reading reading : {Reading::strict, Reading::practice})
    for (const CheckedSubmission& s : submissions) {
      if (!s.problem.empty()) continue;
      ++row_of(fmt::format("outcome, {}", reading_name(reading)))[status_name(outcome(s.verdicts, reading))];
      std::map<std::string, std::string> worst;
      for (const Verdict& v : s.verdicts)
        if (v.reading == reading)
          if (auto& status = worst[v.rule]; status.empty() || urgency(v.status) > urgency(status))
            status = status_name(v.status);
      for (const auto& [rule, status] : worst) ++row_of(fmt::format("{}, {}", rule, reading_name(reading)))[status];
    }
  std::string out =
      fmt::format("{:<40} {:>8} {:>8} {:>8} {:>8}\n", "SUBMISSIONS BY RULE", "FAIL", "UNKNOWN", "WARN", "PASS");
  for (auto& [name, counts] : rows) {
    out += fmt::format("{:<40}", name);
    for (const char* status : kStatuses) out += fmt::format(" {:>8}", counts[status]);
    out += "\n";
  }
  return out;
}

}  // namespace pgolf
