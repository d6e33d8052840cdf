#include "judge/verdict.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/message.h"
#include "judge/outcome.h"

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

int urgency(Status status) { return urgency(std::string_view(status_name(status))); }

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
  out["author"] = verdict.author.empty() ? Json() : Json(verdict.author);
  out["counts"] = verdict.counts;
  out["title"] = verdict.title;
  return out;
}

std::vector<Verdict> verdicts_of(const JudgementRow& judgement) {
  std::vector<Verdict> out;
  for (const VerdictRow& row : judgement.verdicts) {
    const Json json = Json::parse(row.document, nullptr, false);
    if (!json.is_object()) fail(ErrorKind::database, "the record of verdict {} is damaged; restore a backup", row.rule);
    const auto text = [&](const char* key) {
      return json.contains(key) && json[key].is_string() ? readable(json[key].get<std::string>()) : "";
    };
    Verdict v;
    v.rule = row.rule, v.title = text("title"), v.subject = text("subject");
    v.reading = row.reading == reading_name(Reading::strict) ? Reading::strict : Reading::practice;
    for (const Status status : {Status::pass, Status::warn, Status::fail})
      if (row.status == status_name(status)) v.status = status;
    v.observed = json.value("observed", Json()), v.limit = json.value("limit", Json());
    v.unit = text("unit"), v.reason = text("reason"), v.evidence = text("evidence"), v.citation = text("citation");
    v.author = text("author");
    v.counts = !json.contains("counts") || json["counts"] != false;
    out.push_back(std::move(v));
  }
  return out;
}

Json verdicts_to_json(std::span<const Verdict> verdicts) {
  Json out = Json::array();
  for (const auto& verdict : verdicts) out.push_back(verdict_to_json(verdict));
  return out;
}

Status outcome(std::span<const Verdict> verdicts, Reading reading) {
  OutcomeOf out;
  for (const auto& verdict : verdicts)
    if (verdict.reading == reading) out.add(status_name(verdict.status), verdict.counts);
  const std::string_view word = out.word();
  for (const Status status : {Status::pass, Status::warn, Status::fail})
    if (word == status_name(status)) return status;
  return Status::unknown;
}

std::vector<std::string> failed_rules(std::span<const Verdict> verdicts, Reading reading) {
  std::vector<std::string> out;
  for (const Verdict& v : verdicts)
    if (v.reading == reading && v.status == Status::fail && std::find(out.begin(), out.end(), v.rule) == out.end())
      out.push_back(v.rule);
  return out;
}

// A publication's author can print what is missing; what logs do not show takes a run.
std::string to_do_text(std::span<const Verdict> verdicts) {
  OpenRules open, legality;
  const bool claims =
      std::any_of(verdicts.begin(), verdicts.end(), [](const Verdict& v) { return !v.subject.empty(); });
  for (const Verdict& v : verdicts)
    (v.reason.starts_with(kLogsDoNotShow) ? legality : open)
        .add(v.rule, status_name(v.status), v.counts, v.reading == Reading::strict);
  const std::string out = claims ? open.text("the author must correct", "the author must publish what shows")
                                 : open.text("the submission must keep", "a further run must show");
  const std::string run = legality.text("", "a run must show");
  return out + (out.empty() || run.empty() ? "" : "; ") + run;
}

std::string outcome_text(std::span<const Verdict> verdicts) {
  std::string out = "outcome: ";
  for (const Reading reading : {Reading::strict, Reading::practice}) {
    const auto failed = failed_rules(verdicts, reading);
    out += fmt::format("{}{} {}{}", reading == Reading::strict ? "" : ", ", reading_name(reading),
                       status_name(outcome(verdicts, reading)),
                       failed.empty() ? "" : fmt::format(" ({})", fmt::join(failed, ", ")));
  }
  const std::string to_do = to_do_text(verdicts);
  return out + "\n" + (to_do.empty() ? "" : "to do: " + to_do + "\n");
}

namespace {

// Both readings of one rule on one subject.
struct VerdictPair {
  const Verdict* strict = nullptr;
  const Verdict* practice = nullptr;
  const Verdict& any() const { return strict ? *strict : *practice; }
  bool pgolfs() const { return any().author == kPgolf; }
  std::string name() const {
    return any().rule + (pgolfs() ? "*" : "") + (any().subject.empty() ? "" : " (" + any().subject + ")");
  }
  int urgent() const {
    return std::max(strict ? urgency(strict->status) : 0, practice ? urgency(practice->status) : 0);
  }
};

std::vector<VerdictPair> pairs_of(std::span<const Verdict> verdicts) {
  std::vector<VerdictPair> out;
  for (const Verdict& v : verdicts) {
    auto pair = std::find_if(out.begin(), out.end(), [&](const VerdictPair& p) {
      return p.any().rule == v.rule && p.any().subject == v.subject;
    });
    if (pair == out.end()) pair = out.insert(out.end(), VerdictPair{});
    (v.reading == Reading::strict ? pair->strict : pair->practice) = &v;
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const VerdictPair& a, const VerdictPair& b) { return a.urgent() > b.urgent(); });
  return out;
}

}  // namespace

std::string verdict_table(std::span<const Verdict> verdicts) {
  const auto pairs = pairs_of(verdicts);
  size_t width = 4;
  for (const VerdictPair& pair : pairs) width = std::max(width, pair.name().size());
  std::string out =
      fmt::format("  {:<{}} {:<8} {:<8} {:>22}   {}\n", "rule", width, "strict", "practice", "observed", "limit");
  for (const VerdictPair& pair : pairs) {
    const Verdict& shown = pair.any();
    out += fmt::format("  {:<{}} {:<8} {:<8} {:>22}   {}\n", pair.name(), width,
                       pair.strict ? status_name(pair.strict->status) : "-",
                       pair.practice ? status_name(pair.practice->status) : "-",
                       display_value(shown.observed, shown.unit), display_value(shown.limit, shown.unit));
    if (shown.status != Status::pass) out += fmt::format("      {}\n", shown.reason);
    const bool more =
        pair.strict && pair.practice && pair.practice->status != Status::pass && pair.practice->reason != shown.reason;
    if (more) out += fmt::format("      practice: {}\n", pair.practice->reason);
  }
  if (std::any_of(pairs.begin(), pairs.end(), [](const VerdictPair& pair) { return pair.pgolfs(); }))
    out += "  * what pgolf asks of the evidence, no rule of the challenge\n";
  return out;
}

}  // namespace pgolf
