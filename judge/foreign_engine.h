// Whether a run's phases ran by another engine than the one that its pgolf was built with.
#pragma once

#include <string>

#include "db/rows.h"

namespace pgolf {

// One line, naming phases and both hashes; "" if the engine was the own one or the run, an old one, does not tell.
std::string foreign_engine(const RunRecord& record);

}  // namespace pgolf
