// Verdicts on publications, for people: by rule, both readings of one file on one line, each with what it rests on.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "judge/verdict.h"

namespace pgolf {

std::string claims_text(std::span<const Verdict> verdicts);

// One line per submission: outcome of both readings, and the rules that the publication breaks.
struct CheckedSubmission {
  std::string id;
  std::vector<Verdict> verdicts;
  std::string problem;    // why it could not be judged; "" if it was
  std::string directory;  // its name, where that is another than the id; "" otherwise
  std::string label() const { return directory.empty() ? id : directory + " (" + id + ")"; }
};
std::string checked_text(std::span<const CheckedSubmission> submissions);

// How many submissions have which status, by rule and reading: the worst that a rule says of each.
std::string counts_text(std::span<const CheckedSubmission> submissions);

}  // namespace pgolf
