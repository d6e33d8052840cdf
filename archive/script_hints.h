// What a training script does that a reviewer should look at. A hypothesis from its text, with the line: from names and
// the order of lines, never a proof, and no verdict rests on it.
#pragma once

#include <string_view>
#include <vector>

#include "judge/claims/printed_values.h"

namespace pgolf {

// Values of key "hint": the label says what, the text is the line. A few of each kind.
std::vector<PrintedValue> script_hints(std::string_view script);

}  // namespace pgolf
