// Whether a submission is the shipped one of its name.
#include <fmt/ranges.h>

#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding submission_identity(const std::string& id, bool shipped, std::span<const std::string> differences) {
  if (id.empty()) return unknown("which submission it is of is not recorded");
  Finding out{Status::pass, id, {}, "", "the submission that pgolf ships under this name", "submission"};
  if (!shipped) out.reason = "pgolf ships no submission of this name";
  if (!differences.empty())
    out.status = Status::unknown,
    out.reason = fmt::format("not the {} that pgolf ships: {}", id, fmt::join(differences, "; "));
  return out;
}

}  // namespace pgolf::rules
