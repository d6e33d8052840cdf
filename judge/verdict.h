// A verdict: what one reading of one rule says about one run or one publication.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/units.h"
#include "db/rows.h"

namespace pgolf {

// `warn` passes with a reservation; `unknown` means that evidence is missing, and is never a pass.
enum class Status { pass, warn, fail, unknown };
enum class Reading { strict, practice };

const char* status_name(Status status);
const char* reading_name(Reading reading);
int urgency(Status status);  // judge/outcome.h

inline constexpr char kChallenge[] = "challenge", kPgolf[] = "pgolf";  // whose a rule is

struct Verdict {
  std::string rule;   // "artifact_size"
  std::string title;  // the rule in words
  Reading reading = Reading::strict;
  std::string subject;  // "" for a run; else the file that makes the claim, "train_seed42.log"
  Status status = Status::unknown;
  Json observed;         // a number in `unit`, a text, or null if nothing was observed
  Json limit;            // likewise; null where the rule has none
  std::string unit;      // "bytes", "ms", "targets", ...
  std::string reason;    // one sentence
  std::string evidence;  // "ledger.jsonl:12", "artifact.bin", several separated by ", "
  std::string citation;  // the rule's source
  std::string author;    // whose rule it is: "challenge", "pgolf"; "" if its ruleset does not say
  bool counts = true;    // towards the outcome: an advisory reading does not
};

Json verdict_to_json(const Verdict& verdict);
Json verdicts_to_json(std::span<const Verdict> verdicts);

// The outcome under one reading: fail before unknown before warn before pass; unknown if there is no verdict at all.
Status outcome(std::span<const Verdict> verdicts, Reading reading);

// Rules that fail under a reading, in the ruleset's order, each once.
std::vector<std::string> failed_rules(std::span<const Verdict> verdicts, Reading reading);

// How the reason of a verdict begins that no publication can ever settle.
inline constexpr std::string_view kLogsDoNotShow = "logs do not show";

// Who must do what before the outcome is a pass; "" if nothing is open.
std::string to_do_text(std::span<const Verdict> verdicts);

// "outcome: strict fail (train_time), practice warn", and a line on who must do what.
std::string outcome_text(std::span<const Verdict> verdicts);

// For a terminal: a line for each rule with both readings, failures first, and the reason unless it is a pass.
std::string verdict_table(std::span<const Verdict> verdicts);

// From the record. Errors: database for a damaged document.
std::vector<Verdict> verdicts_of(const JudgementRow& judgement);

}  // namespace pgolf
