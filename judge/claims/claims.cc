#include "judge/claims/claims.h"

namespace pgolf::rules {

std::vector<SourceClaims> by_source(const Submission& submission) {
  std::vector<SourceClaims> out;
  for (const auto& claim : submission.claims) {
    auto file = std::find_if(out.begin(), out.end(), [&](const SourceClaims& s) { return s.source == claim.source; });
    if (file == out.end()) {
      out.push_back({claim.source, {}, is_log(claim.source)});
      file = out.end() - 1;
    }
    file->claims.push_back(&claim);
  }
  return out;
}

void say_other_machine(Finding& finding, const Publication& all, const Claim& claim) {
  const Rule* rule = all.ruleset.rule("hardware");
  if (finding.status != Status::fail || !rule || !claim.world_size) return;
  if (const int64_t count = rule->strict.integer("count"); *claim.world_size != count)
    finding.status = Status::unknown,
    finding.reason += fmt::format("; of {} processes, which says nothing about {}", *claim.world_size, count);
}

std::string seed_name(const SourceClaims& file, const Claim& claim) {
  if (file.claims.size() < 2) return {};
  return claim.seed ? fmt::format("seed {}: ", *claim.seed) : "over seeds: ";
}

void keep_worst(ClaimFinding& worst, Finding finding) {
  const auto rank = [](const Finding& f) { return urgency(f.status); };
  const auto value = [](const Finding& f) { return f.observed.is_number() ? f.observed.get<double>() : 0; };
  if (!worst || rank(finding) > rank(*worst) || (rank(finding) == rank(*worst) && value(finding) > value(*worst)))
    worst = std::move(finding);
}

}  // namespace pgolf::rules
