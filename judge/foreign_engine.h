// Whether a run's phases ran by another engine than the one that its pgolf was built with.
#pragma once

#include <string>

#include "db/rows.h"

namespace pgolf {

// One line that names the phases and both hashes; "" if pgolf's own engine ran, or an old run recorded none.
std::string foreign_engine(const RunRecord& record);

}  // namespace pgolf
