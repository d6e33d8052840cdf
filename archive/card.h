// submission.json as authors wrote it: every value with its line and digits, in whatever state the file is.
#pragma once

#include <string_view>
#include <vector>

#include "judge/claims/printed_values.h"

namespace pgolf {

// The key is our name for what many names stand for (val_bpb, total_bytes, seed, ...; docs/archive.md), "card" for
// what has none; the label is the path of the value as the file has it, "seed_results.42.val_bpb". A file that breaks
// off gives what stands before, and a value "broken" with what is wrong; a byte order mark gives "bom".
std::vector<PrintedValue> card_values(std::string_view text);

}  // namespace pgolf
