// Whether a text bears the id of a shipped submission and is another.
#include "judge/claims/claims.h"

namespace pgolf::rules {

Finding claimed_identity(const Publication& all, const RuleReading&) {
  std::vector<std::string> differences(all.edited.begin(), all.edited.end());
  if (all.shipped && all.shipped->sha256 != all.submission.sha256)
    differences.push_back(fmt::format("{} is another text", all.submission.file));
  return submission_identity(all.submission.id, all.shipped != nullptr, differences);
}

}  // namespace pgolf::rules
