// Whether all seeds ran by one script.
#include <fmt/ranges.h>

#include <map>
#include <string>
#include <vector>

#include "judge/claims/logs.h"

namespace pgolf::rules {

Finding one_script(const Publication& all, const RuleReading&) {
  std::map<int64_t, std::string> codes, params;  // bytes of code, parameters -> the first log that prints them
  size_t silent = 0, logs = 0;
  for (const auto& file : logs_of(all.submission))
    for (const auto* claim : file.claims) {
      ++logs;
      silent += !claim->code_bytes;
      if (claim->code_bytes) codes.try_emplace(*claim->code_bytes, file.source);
      if (claim->num_params) params.try_emplace(*claim->num_params, file.source);
    }
  if (codes.empty()) return unknown("no log prints the size of its code", "scripts", 1);
  const auto named = [](const auto& values, const char* what) {
    std::vector<std::string> out;
    for (const auto& [value, source] : values)
      out.push_back(fmt::format("{} {} in {}", with_commas(value), what, source));
    return fmt::format("{}", fmt::join(out, ", "));
  };
  Finding out{Status::pass, std::ssize(codes), 1, "scripts", named(codes, "bytes of code"), {}};
  if (codes.size() > 1) {
    out.status = Status::fail, out.reason = "the seeds ran by different scripts: " + out.reason;
  } else if (params.size() > 1) {
    out.status = Status::fail, out.observed = std::ssize(params);
    out.reason = "the seeds are of different models: " + named(params, "parameters");
  } else if (silent > 0) {
    out.status = Status::unknown, out.reason += fmt::format("; {} of {} do not print it", silent, logs);
  } else if (claimed_seeds(all.submission).size() > 1 && logs < 2) {
    return one_log(all, out);
  }
  return out;
}

}  // namespace pgolf::rules
