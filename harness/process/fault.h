// Whose fault the end of a phase was: the submission's, or that of the machine and those who use it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "db/rows.h"

namespace pgolf {

// Whether a signal that ended a program is one that others send. The rest are what a program comes to by itself.
bool comes_from_others(std::optional<int64_t> signal);

// What a phase did wrong by itself, in words: it failed, crashed or went over a limit. "" if it runs, ended well, or
// ended without a fault of its own: killed, interrupted, out of memory, without a program or room on the disk, lost
// with its pgolf, or never started because its sandbox could not be set up.
std::string own_fault(const PhaseRow& phase);

}  // namespace pgolf
