// Bytes of the artifact and of the code, together.
#include "judge/rules/rules.h"

namespace pgolf::rules {

Finding judge_total_bytes(int64_t total, const RuleReading& reading) {
  const int64_t limit = reading.integer("limit_bytes");
  Finding out{total <= limit ? Status::pass : Status::fail, total, limit, "bytes", {}, {}};
  out.reason = total <= limit ? fmt::format("{} bytes to spare", with_commas(limit - total))
                              : fmt::format("over by {} bytes", with_commas(total - limit));
  return out;
}

Finding artifact_size(const RunEvidence& run, const RuleReading& reading) {
  const auto& facts = run.facts;
  const bool shipped = reading.text("code") == "shipped" && facts.shipped_code_bytes;
  const auto code = shipped ? facts.shipped_code_bytes : facts.code_bytes;
  if (!facts.model_bytes) return unknown("there is no artifact to count", "bytes", reading.integer("limit_bytes"));
  if (!code)
    return unknown("the submission does not say how many bytes its code counts", "bytes",
                   reading.integer("limit_bytes"));
  auto out = judge_total_bytes(*facts.model_bytes + *code, reading);
  const bool counted = !facts.code_file.empty() && code == facts.code_file_bytes;
  out.reason = fmt::format("model {} + code {} {}: {}", with_commas(*facts.model_bytes), with_commas(*code),
                           counted ? "counted in " + facts.code_file : "as claimed", out.reason);
  if (!counted && out.status == Status::pass) out.status = missing_is(reading, "code_as_claimed");
  out.evidence = "artifact.bin";
  return out;
}

Status missing_is(const RuleReading& reading, const char* param) {
  const std::string word = reading.params.value(param, status_name(Status::unknown));
  for (const Status status : {Status::pass, Status::warn})
    if (word == status_name(status)) return status;
  return Status::unknown;
}

}  // namespace pgolf::rules
