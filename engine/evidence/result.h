// The one number of an evaluation: what is recorded, ranked and judged is what this reads from its log.
#pragma once

#include <cstdint>
#include <string>

#include "engine/evidence/events.h"

namespace pgolf {

struct ReportedResult {
  const ValidationEvent* event = nullptr;  // of the log; null if none was reported, or several
  int64_t line = 0;
  // Why it is no result, in words; "" if it is one: reported once, as its pass is, finite and above zero, its bits per
  // byte those of its loss, targets and bytes, and its pass's running sums on the way to it.
  std::string problem;
  bool summed = false;  // the running sums go all the way: they end in exactly this result
};

ReportedResult reported_result(const EventsFile& log);

}  // namespace pgolf
