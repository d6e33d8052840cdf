#include "db/outcome.h"

namespace pgolf {

void OutcomeOf::add(std::string_view status, bool counts) {
  any_ = true;
  warned_ |= status == "warn";
  failed_ |= counts && status == "fail";
  unknown_ |= counts && status == "unknown";
}

const char* OutcomeOf::word() const {
  if (failed_) return "fail";
  if (unknown_ || !any_) return "unknown";
  return warned_ ? "warn" : "pass";
}

int urgency(std::string_view status) { return status == "fail" ? 3 : status == "unknown" ? 2 : status == "warn"; }

}  // namespace pgolf
