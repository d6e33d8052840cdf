// Whether every claimed seed has its log.
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

#include "judge/claims/logs.h"

namespace pgolf::rules {

Finding seeds_shown(const Publication& all, const RuleReading& reading) {
  const auto claimed = claimed_seeds(all.submission);
  std::set<int64_t> shown;
  std::vector<std::string> differ;
  for (const auto& file : logs_of(all.submission)) {
    const auto seeds = seeds_of(file);
    shown.insert(seeds.begin(), seeds.end());
    const auto* log = log_of(all, file.source);
    if (log && log->facts.seed >= 0 && !seeds.empty() && !seeds.contains(log->facts.seed))
      differ.push_back(fmt::format("{} prints seed {}, not {}", file.source, log->facts.seed, *seeds.begin()));
  }
  std::vector<int64_t> missing;
  std::set_difference(claimed.begin(), claimed.end(), shown.begin(), shown.end(), std::back_inserter(missing));
  const auto least = reading.integer("min_seeds");
  Finding out{
      Status::pass,     static_cast<int64_t>(shown.size()), std::max<int64_t>(least, std::ssize(claimed)), "seeds", {},
      "submission.toml"};
  out.reason = fmt::format("{} claimed, {} with a log", claimed.size(), shown.size());
  if (!missing.empty()) out.reason += fmt::format("; without: {}", fmt::join(missing, ", "));
  if (std::ssize(claimed) < least) out.reason += fmt::format("; fewer than {} show no significance", least);
  for (const std::string& text : differ) out.reason += "; " + text;
  if (!all.others.empty())
    out.reason += fmt::format("; of other runs, which show nothing of the claim: {}", fmt::join(all.others, ", "));
  if (!missing.empty() || std::ssize(claimed) < least || !differ.empty()) out.status = Status::unknown;
  return out;
}

}  // namespace pgolf::rules
