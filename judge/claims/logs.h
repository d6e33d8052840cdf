// The logs of a publication beside each other: of which seed they are, and which of them are of one run.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "judge/claims/claims.h"

namespace pgolf::rules {

std::vector<SourceClaims> logs_of(const Submission& submission);
std::set<int64_t> seeds_of(const SourceClaims& file);
std::set<int64_t> claimed_seeds(const Submission& submission);
const PublishedLog* log_of(const Publication& all, const std::string& source);  // null if it is not at hand

// What a rule says that compares logs, where there is one: with several claimed seeds the question stays open.
Finding one_log(const Publication& all, Finding finding);

// Whether so many lines of one log stand in another that the two are not separate runs.
bool too_alike(const RepeatedLines& lines, const RuleReading& reading);

// Logs of one seed are of one run. So are two where one says no seed, or is of a series of trainings, and half of the
// other's lines or more stand in it: such a log may leave lines out.
bool of_one_run(const SourceClaims& a, const SourceClaims& b, const PublishedLog& log_a, const PublishedLog& log_b);

// Whether two logs are claimed to be of different seeds.
bool of_other_seeds(const SourceClaims& a, const SourceClaims& b);

}  // namespace pgolf::rules
