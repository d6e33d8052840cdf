#include "harness/judge/check_report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

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

std::vector<std::string> rules_of(std::span<const Verdict> verdicts) {
  std::vector<std::string> out;
  for (const Verdict& v : verdicts)
    if (std::find(out.begin(), out.end(), v.rule) == out.end()) out.push_back(v.rule);
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
  std::string out = fmt::format("  {:<8}{:<9}\n", "strict", "practice");
  for (const std::string& rule : rules_of(verdicts)) {
    const auto lines = lines_of(verdicts, rule);
    out += fmt::format("\n{} [{}]\n", lines.front().any().title, rule);
    for (const Line& line : lines) out += file_lines(line, width);
    out += citations(lines);
  }
  return out + fmt::format("\noutcome: strict {}, practice {}\n", status_name(outcome(verdicts, Reading::strict)),
                           status_name(outcome(verdicts, Reading::practice)));
}

std::vector<std::string> failed_rules(std::span<const Verdict> verdicts, Reading reading) {
  std::vector<std::string> out;
  for (const Verdict& v : verdicts)
    if (v.reading == reading && v.status == Status::fail && std::find(out.begin(), out.end(), v.rule) == out.end())
      out.push_back(v.rule);
  return out;
}

std::string checked_text(std::span<const CheckedSubmission> submissions) {
  std::string out =
      fmt::format("{:<10} {:<8} {:<9} {}\n", "SUBMISSION", "STRICT", "PRACTICE", "BROKEN (practice; strict alone)");
  for (const CheckedSubmission& s : submissions) {
    const auto practice = failed_rules(s.verdicts, Reading::practice);
    auto strict = failed_rules(s.verdicts, Reading::strict);
    std::erase_if(strict, [&](const std::string& rule) {
      return std::find(practice.begin(), practice.end(), rule) != practice.end();
    });
    out += fmt::format("{:<10} {:<8} {:<9} {}; {}\n", s.id, status_name(outcome(s.verdicts, Reading::strict)),
                       status_name(outcome(s.verdicts, Reading::practice)),
                       practice.empty() ? "-" : fmt::format("{}", fmt::join(practice, ", ")),
                       strict.empty() ? "-" : fmt::format("{}", fmt::join(strict, ", ")));
  }
  return out;
}

}  // namespace pgolf
