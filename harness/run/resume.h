// Going on with a run that did not reach its end: training is never resumed, everything after it can be done again from
// what training or packing left.
#pragma once

#include <string>

#include "db/rows.h"

namespace pgolf {

struct WayOn {
  std::string verb;     // "pack": from the checkpoint; "eval": from the artifact; "" if there is no way on
  std::string why_not;  // then why, in words that begin with "run <id>"
};

WayOn way_on(const RunRecord& record);

// Errors: usage if `verb` is not the way on.
void require_way_on(const RunRecord& record, const std::string& verb);

}  // namespace pgolf
