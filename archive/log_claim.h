// What a log claims, from the values that were read of it.
#pragma once

#include <string>
#include <vector>

#include "db/archive.h"
#include "resolve/submission.h"

namespace pgolf {

// A claim for each training of the log, told by its seed. `X` and `X_exact` are one pass: digits of the one, time of
// the other. Of several sizes those that add up count, raw ones left out; of several times of a pass the longest; a
// pair over a part of the text and one of another run's result count nowhere. What contradicts itself goes to
// `findings`.
std::vector<Claim> claims_of_log(const std::string& source, const std::vector<ArchiveValue>& values,
                                 std::vector<std::string>& findings);

// "train_seed42.log" is of seed 42.
std::optional<int64_t> seed_in_name(const std::string& name);

}  // namespace pgolf
