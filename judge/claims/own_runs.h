// Which of the logs that lie beside each other are of the runs that a publication claims.
#pragma once

#include <string>
#include <vector>

#include "judge/claims/claims.h"

namespace pgolf::rules {

// What a publication says of its claimed runs, and the names of what it ships of others: ablations, baselines, earlier
// tries. They show nothing of the claim, so no rule reads them.
//
// A log is of another run if it does not print what a text (submission.json, README) claims of the title or of a seed,
// and either a text lists seeds, a log of one of them is there, and its own seed is none of them; or a log of its
// seed (of any, where it says none) prints the claimed value, and this one other figures of that pass, of training or
// of the model. A title that no log prints may be a mean: the only choice of one log for each seed that gives it prints
// it together. Where no text claims a value or a seed, every log counts.
struct OwnRuns {
  Submission submission;
  std::vector<std::string> others;  // "ablation.log", "series.log (seed 7)"
};
OwnRuns own_runs(const Submission& submission);

}  // namespace pgolf::rules
