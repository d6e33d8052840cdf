// The time of a phase that its limit is about.
#pragma once

#include <optional>

#include "db/rows.h"

namespace pgolf {

// Of the training loop or of the scored pass, by the harness's clock; nothing for other phases, or where it was not
// measured.
std::optional<double> counted_ms(const PhaseRow& phase);

}  // namespace pgolf
