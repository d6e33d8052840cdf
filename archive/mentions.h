// Other pull requests that a text names: where work says that it comes from.
#pragma once

#include <string_view>
#include <vector>

#include "judge/claims/printed_values.h"

namespace pgolf {

// Values of key "mention": the text is the number, the label its line. "#1394", "PR 1394", "PR-1394", "pull/1394"; the
// first of each number, a few dozen at most.
std::vector<PrintedValue> mentions(std::string_view text);

}  // namespace pgolf
