// The outcome of a judgement under one reading: the worst of its verdicts. The one place where it is decided.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/rows.h"

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

// Rules that keep an outcome from being a pass, and one line on who must do what about them.
class OpenRules {
 public:
  void add(const std::string& rule, std::string_view status, bool counts, bool strict);
  // "BROKEN normalised; UNSHOWN byte_count (strictly also hardware)"; "" if nothing is open.
  std::string text(std::string_view broken, std::string_view unshown) const;

 private:
  struct Rules {
    std::vector<std::string> practice, strict;
    std::string text(std::string_view what) const;
  };
  Rules broken_, unshown_;
};

// What the verdicts of one judgement come to.
struct RunOutcome {
  std::string strict, practice;     // "" if there is no verdict
  std::vector<std::string> broken;  // rules that fail and count, under either reading, each once
  bool other_submission = false;    // not the shipped one of its name
};
RunOutcome outcome_of(std::span<const RuleStatus> verdicts);

// The outcome of several runs under one reading: the worst, where a run that was not judged ("") is unknown. "" if none
// was judged.
std::string worst_outcome(std::span<const std::string> outcomes);

// Of a status: fail 3, unknown 2, warn 1, pass 0. What is urgent comes first wherever verdicts are shown.
int urgency(std::string_view status);

}  // namespace pgolf
