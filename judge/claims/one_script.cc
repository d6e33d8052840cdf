// Whether all seeds ran by one script.
#include <fmt/ranges.h>

#include <map>

#include "judge/claims/logs.h"

namespace pgolf::rules {

Finding one_script(const Publication& all, const RuleReading&) {
  std::map<std::pair<int64_t, int64_t>, std::string> scripts;  // (code bytes, parameters) -> a log that prints them
  size_t silent = 0, logs = 0;
  for (const auto& file : logs_of(all.submission))
    for (const auto* claim : file.claims) {
      ++logs;
      silent += !claim->code_bytes;
      if (claim->code_bytes) scripts.try_emplace({*claim->code_bytes, claim->num_params.value_or(0)}, file.source);
    }
  Finding out{Status::pass, static_cast<int64_t>(scripts.size()), 1, "scripts", {}, {}};
  if (scripts.empty()) return unknown("no log prints the size of its code", "scripts", 1);
  std::vector<std::string> named;
  for (const auto& [script, source] : scripts)
    named.push_back(fmt::format("{} bytes of code in {}", with_commas(script.first), source));
  out.reason = fmt::format("{}", fmt::join(named, ", "));
  if (scripts.size() > 1)
    out.status = Status::fail, out.reason = "the seeds ran by different scripts: " + out.reason;
  else if (silent > 0)
    out.status = Status::unknown, out.reason += fmt::format("; {} of {} do not print it", silent, logs);
  else if (claimed_seeds(all.submission).size() > 1 && logs < 2)
    return one_log(all, out);
  return out;
}

}  // namespace pgolf::rules
