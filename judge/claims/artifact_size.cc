// The printed size against the cap.
#include "judge/claims/claims.h"

namespace pgolf::rules {
namespace {

// The code of a claim as it is printed, and whether the file that was counted bears it out.
std::string printed_code(const CountedCode& code, int64_t printed) {
  if (printed == code.file_bytes) return fmt::format("code {} counted in {}", with_commas(printed), code.file);
  if (printed == code.unwrapped_bytes)
    return fmt::format("code {} counted in {}, unwrapped ({})", with_commas(printed), code.file, code.wrapper);
  return fmt::format("code {} as claimed", with_commas(printed));
}

// The same of the script as shipped.
std::string shipped_code(const CountedCode& code, int64_t shipped, const std::optional<int64_t>& printed) {
  std::string out = fmt::format("code {} as shipped", with_commas(shipped));
  if (code.file_bytes) out += ", counted in " + code.file;
  if (code.unwrapped_bytes)
    out += fmt::format(", a wrapper of {} ({})", with_commas(*code.unwrapped_bytes), code.wrapper);
  if (printed && *printed != shipped) out += fmt::format(", the log counts {}", with_commas(*printed));
  return out;
}

// Whether somebody counted the code in a file: pgolf, or, of the script as shipped, who wrote the submission down.
bool is_counted(const CountedCode& code, const Claim& claim, bool as_shipped) {
  if (as_shipped) return code.file_bytes || code.shipped_bytes;
  return code.file_bytes &&
         (!claim.code_bytes || claim.code_bytes == code.file_bytes || claim.code_bytes == code.unwrapped_bytes);
}

// A script of less than half of what the log counts, with nothing wrapped in it, is not the code that ran; nor is one
// of less than a tenth whatever it wraps.
bool code_elsewhere(const CountedCode& code, const Claim& claim, int64_t shipped) {
  if (!claim.code_bytes) return false;
  return (code.file_bytes && !code.unwrapped_bytes && 2 * shipped < *claim.code_bytes) ||
         10 * shipped < *claim.code_bytes;
}

}  // namespace

ClaimFinding claimed_size(const Publication& all, const SourceClaims& file, const RuleReading& reading) {
  const CountedCode& code = all.submission.code;
  const auto shipped = code.file_bytes ? code.file_bytes : code.shipped_bytes;
  const bool as_shipped = reading.text("code") == "shipped";
  ClaimFinding worst;
  for (const auto* claim : file.claims) {
    auto total = claim->total_bytes;
    std::string how;
    if (as_shipped && claim->model_bytes && shipped) {
      total = *claim->model_bytes + *shipped;
      how = fmt::format("model {} + {}: ", with_commas(*claim->model_bytes),
                        shipped_code(code, *shipped, claim->code_bytes));
    } else if (claim->model_bytes && claim->code_bytes) {
      total = total.value_or(*claim->model_bytes + *claim->code_bytes);
      how = printed_code(code, *claim->code_bytes) + ": ";
    } else {
      how = "total as claimed: ";
    }
    if (!total) continue;
    auto finding = judge_total_bytes(*total, reading);
    finding.reason = seed_name(file, *claim) + how + finding.reason;
    if (finding.status == Status::pass && !is_counted(code, *claim, as_shipped))
      finding.status = missing_is(reading, "code_as_claimed"), finding.reason += "; nobody counted its code";
    if (as_shipped && finding.status == Status::pass && shipped && code_elsewhere(code, *claim, *shipped))
      finding.status = Status::unknown,
      finding.reason += "; most of that is not in " + (code.file.empty() ? "the script" : code.file);
    keep_worst(worst, finding);
  }
  if (!worst && file.log) return unknown("no size is printed", "bytes", reading.integer("limit_bytes"));
  return worst;
}

}  // namespace pgolf::rules
