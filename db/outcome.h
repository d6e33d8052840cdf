// The outcome of a judgement under one reading: the worst of its verdicts. The one place where it is decided.
#pragma once

#include <string>
#include <string_view>

namespace pgolf {

// fail before unknown before warn before pass. A verdict that does not count leaves the outcome alone, but a warning is
// a reservation whoever makes it. Nothing at all is unknown.
class OutcomeOf {
 public:
  void add(std::string_view status, bool counts);
  const char* word() const;
  bool empty() const { return !any_; }

 private:
  bool any_ = false, failed_ = false, unknown_ = false, warned_ = false;
};

// Of a status: fail 3, unknown 2, warn 1, pass 0. What is urgent comes first wherever verdicts are shown.
int urgency(std::string_view status);

}  // namespace pgolf
