// What one log claims, from the values that were read of it.
#pragma once

#include <string>
#include <vector>

#include "db/archive.h"
#include "harness/resolve/submission.h"

namespace pgolf {

// `X` and `X_exact` are one pass: digits of the one, time of the other. Of two sizes the compressed one counts. What
// contradicts itself goes to `findings`.
Claim claim_of_log(const std::string& source, const std::vector<ArchiveValue>& values,
                   std::vector<std::string>& findings);

// "train_seed42.log" is of seed 42.
std::optional<int64_t> seed_in_name(const std::string& name);

}  // namespace pgolf
