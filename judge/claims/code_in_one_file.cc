// Whether further code lies beside the script.
#include <fmt/ranges.h>

#include "judge/claims/claims.h"

namespace pgolf::rules {

Finding code_in_one_file(const Publication& all, const RuleReading&) {
  const auto& others = all.submission.code.others;
  if (!others) return unknown("what lies beside the script is not stated", "files", 0);
  if (others->empty() && !all.submission.code.file_bytes) return unknown("there is no script", "files", 0);
  Finding out{Status::pass, std::ssize(*others), 0, "files", "no code lies beside the script", "submission.toml"};
  if (!others->empty())
    out.status = Status::unknown,
    out.reason =
        fmt::format("beside the script, not counted, and not known to be needed: {}", fmt::join(*others, ", "));
  return out;
}

}  // namespace pgolf::rules
