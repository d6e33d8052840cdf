// The rules for publications, one function each, over one file's claims.
#pragma once

#include "judge/judge_claims.h"
#include "judge/rules/rules.h"

namespace pgolf::rules {

// Everything that a rule may compare with.
struct Publication {
  const Submission& submission;
  std::span<const PublishedLog> logs;
  const Ruleset& ruleset;
  const Submission* shipped = nullptr;       // of the same id or pull request, by this pgolf; null if it ships none
  std::span<const std::string> edited = {};  // what is another text beside it than what is shipped
  std::span<const std::string> others = {};  // logs of other runs than the claimed ones (own_runs.h), left out above
};

// What one file says, over all seeds that it speaks of.
struct SourceClaims {
  std::string source;
  std::vector<const Claim*> claims;
  bool log = false;  // printed by the script, not written by a person
};
std::vector<SourceClaims> by_source(const Submission& submission);

inline constexpr char kLivePass[] = "live";  // validation within training

// nullopt: the file says nothing about the matter, and need not.
using ClaimFinding = std::optional<Finding>;
// Keeps the worst finding of a file: fail before unknown before warn before pass (judge/outcome.h), then the larger
// value.
void keep_worst(ClaimFinding& worst, Finding finding);

ClaimFinding claimed_size(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_sum(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_train_time(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_eval_time(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_byte_count(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding printed_precision(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claims_agree(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding seeds_independent(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding training_text(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_hardware(const Publication& all, const SourceClaims& file, const RuleReading& reading);

// Of the publication as a whole.
Finding seeds_shown(const Publication& all, const RuleReading& reading);
Finding one_script(const Publication& all, const RuleReading& reading);
Finding code_in_one_file(const Publication& all, const RuleReading& reading);
Finding claimed_identity(const Publication& all, const RuleReading& reading);

// Times over a limit that a log prints of another number of processes than `hardware` asks for leave open what they are
// on the machine of the rule.
void say_other_machine(Finding& finding, const Publication& all, const Claim& claim);

// "seed 42" where a file speaks of several.
std::string seed_name(const SourceClaims& file, const Claim& claim);

}  // namespace pgolf::rules
