// The rules for publications, one function each, over one file's claims.
#pragma once

#include "harness/judge/claims.h"
#include "harness/judge/rules.h"

namespace pgolf::rules {

// Everything that a rule may compare with.
struct Publication {
  const Submission& submission;
  std::span<const PublishedLog> logs;
  const Ruleset& ruleset;
};

// What one file says, over all seeds that it speaks of.
struct SourceClaims {
  std::string source;
  std::vector<const Claim*> claims;
  bool log = false;  // printed by the script, not written by a person
};
std::vector<SourceClaims> by_source(const Submission& submission);

// nullopt: the file says nothing about the matter, and need not.
using ClaimFinding = std::optional<Finding>;
ClaimFinding claimed_size(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_sum(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_train_time(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_eval_time(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claimed_byte_count(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding printed_precision(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding claims_agree(const Publication& all, const SourceClaims& file, const RuleReading& reading);
ClaimFinding seeds_independent(const Publication& all, const SourceClaims& file, const RuleReading& reading);

int decimals(const std::string& printed);  // of a printed number

// "seed 42" where a file speaks of several.
std::string seed_name(const SourceClaims& file, const Claim& claim);

}  // namespace pgolf::rules
