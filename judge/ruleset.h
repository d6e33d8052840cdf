// A ruleset: dated TOML data, format `pgolf.ruleset/2` (docs/judging.md). What a rule measures is code, found by the
// rule's id (judge/rule_table.h); limits, tolerances, dates, tracks and sources are data.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "judge/verdict.h"

namespace pgolf {

inline constexpr char kRulesetFormat[] = "pgolf.ruleset/2";
inline constexpr char kFirstRulesetFormat[] = "pgolf.ruleset/1";  // said neither whose rules they are nor [evidence]

struct RuleReading {
  std::string citation;
  std::string since;                // ISO date from which it applies
  bool required = true;             // false: advisory, a breach is a warning and missing evidence no obstacle
  bool evidence_required = true;    // false: a breach counts, missing evidence does not
  std::vector<std::string> tracks;  // where it applies; empty: everywhere
  std::string exempt;               // why it does not elsewhere
  Json params;                      // limits and tolerances of this rule

  int64_t integer(const char* key) const { return params.at(key).get<int64_t>(); }
  double number(const char* key) const { return params.at(key).get<double>(); }
  bool flag(const char* key) const { return params.at(key).get<bool>(); }
  std::string text(const char* key) const { return params.at(key).get<std::string>(); }
};

struct Rule {
  std::string id, title;
  std::string author;              // whose rule it is: "challenge", "pgolf"; "" if its ruleset does not say
  std::set<std::string> subjects;  // "run", "claim", "comparison"
  RuleReading strict, practice;
  const RuleReading& reading(Reading which) const { return which == Reading::strict ? strict : practice; }
};

// A validation stream in use, by what its scored targets decode to.
struct KnownStream {
  std::string name;
  int64_t targets = 0, bytes = 0;
  std::string tokens_sha256 = {};  // of its tokens (docs/judging.md); "" where nobody has published it
};

// The one of so many targets and bytes; null if there is none.
const KnownStream* find_stream(std::span<const KnownStream> streams, int64_t targets, int64_t bytes);

// The ruleset of pgolf's own that another is read with.
struct EvidenceRules {
  std::string id, sha256;
};

struct Ruleset {
  std::string id, title, date;  // date: the state of the rules that it describes
  std::string sha256;           // of the file, which names the hash of its evidence rules too
  std::string author;           // as Rule's
  std::optional<EvidenceRules> evidence;
  std::map<std::string, std::string> tracks;
  std::vector<KnownStream> streams;
  std::vector<KnownStream> byte_errors;  // errors of counting, by what they make of a stream
  std::vector<Rule> rules;

  const Rule* rule(std::string_view id) const;  // null if it has none of this name
};

// By how much a record has to be beaten, in nats per token, and at which p: the strict reading of `record_margin`.
struct RecordMargin {
  double nats = 0, alpha = 0;
};
std::optional<RecordMargin> record_margin(const Ruleset& ruleset);  // nothing if it has no such rule

// Errors: usage, naming file, line and key, for what is not this format, an unknown rule, key or parameter, a wrong
// type, a date that is none.
Ruleset parse_ruleset(std::string_view text, const std::string& file);

// Adds the rules of `evidence` to a ruleset that names it. Errors: usage, naming `file`, if it is not pgolf's own,
// reads others itself or has a rule that is there already.
void add_evidence(Ruleset& ruleset, const Ruleset& evidence, const std::string& file);

// Errors: usage unless `as_of` is a date, or before the first day on which any of the rules applies; "" is always in
// force.
void check_in_force(const Ruleset& ruleset, std::string_view as_of);

// Errors: usage unless `text` is a calendar date like 2026-05-02.
void check_date(std::string_view text, std::string_view origin);

}  // namespace pgolf
