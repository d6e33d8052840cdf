// Whether the printed sizes add up.
#include "judge/claims/claims.h"

namespace pgolf::rules {

ClaimFinding claimed_sum(const Publication&, const SourceClaims& file, const RuleReading&) {
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    if (!claim->total_bytes || !claim->model_bytes || !claim->code_bytes) continue;
    const int64_t sum = *claim->model_bytes + *claim->code_bytes;
    Finding finding{
        sum == *claim->total_bytes ? Status::pass : Status::fail, *claim->total_bytes, sum, "bytes", {}, {}};
    finding.reason =
        fmt::format("{}{} + {} = {}, the total says {}", seed_name(file, *claim), with_commas(*claim->model_bytes),
                    with_commas(*claim->code_bytes), with_commas(sum), with_commas(*claim->total_bytes));
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("the parts of the size are not printed", "bytes");
  return worst;
}

}  // namespace pgolf::rules
