// Whether texts (README, submission.json, card) say what the logs say.
#include <fmt/ranges.h>

#include <cmath>
#include <numeric>

#include "judge/claims/claims.h"
#include "judge/claims/printed.h"

namespace pgolf::rules {
namespace {

// Whether `said` may stand for `value`: its trailing zeros are taken as rounding, up or down (582,000 ms for 582,076),
// but for its first three digits.
bool rounds_to(int64_t value, int64_t said) {
  int64_t unit = 1;
  while (said != 0 && said % (unit * 10) == 0 && unit * 1000 <= std::abs(said)) unit *= 10;
  return std::abs(value - said) < std::max<int64_t>(unit, 2);
}

// The statements of one text, held against the logs one after the other.
class Agreement {
 public:
  Agreement(const SourceClaims& file, std::vector<const Claim*> logs) : file_(file), logs_(std::move(logs)) {}

  void whole(const Claim& claim, const char* what, std::optional<int64_t> Claim::*member) {
    if (!(claim.*member)) return;
    std::vector<int64_t> values;
    for (const auto* log : concern(claim))
      if (log->*member) values.push_back(*(log->*member));
    if (values.empty()) return;
    ++compared_;
    const int64_t said = *(claim.*member);
    values.push_back(std::accumulate(values.begin(), values.end(), int64_t{0}) / static_cast<int64_t>(values.size()));
    if (std::none_of(values.begin(), values.end(), [&](int64_t value) { return rounds_to(value, said); }))
      differ_.push_back(fmt::format("{}{} {} (log: {})", seed_name(file_, claim), what, with_commas(said),
                                    with_commas(values.front())));
  }

  void printed(const Claim& claim, const ClaimedEval& eval, const char* what, std::string ClaimedEval::*member) {
    const auto& said = eval.*member;
    if (said.empty()) return;
    std::vector<std::string> values;
    double sum = 0;
    for (const auto* log : concern(claim))
      for (const auto& e : log->evals)
        if (e.name == eval.name && !(e.*member).empty()) values.push_back(e.*member), sum += std::stod(e.*member);
    if (values.empty()) return;
    ++compared_;
    const std::string mean = fmt::format("{:.{}f}", sum / static_cast<double>(values.size()), decimals(said));
    // A mean of rounded values may be off by one in its last digit.
    bool same = std::abs(std::stod(mean) - std::stod(said)) < 1.5 * std::pow(10.0, -decimals(said)) && !claim.seed;
    for (const auto& value : values) same |= decimals(value) >= decimals(said) && may_be_one(value, said);
    if (!same)
      differ_.push_back(
          fmt::format("{}{} {} {} (log: {})", seed_name(file_, claim), eval.name, what, said, values.front()));
  }

  ClaimFinding finding() const {
    if (compared_ == 0) return std::nullopt;
    Finding out{
        differ_.empty() ? Status::pass : Status::fail, static_cast<int64_t>(differ_.size()), 0, "differences", {}, {}};
    out.reason = differ_.empty() ? fmt::format("all of {} statements are in the logs", compared_)
                                 : fmt::format("{} of {} statements are not in the logs: {}", differ_.size(), compared_,
                                               fmt::join(differ_, "; "));
    return out;
  }

 private:
  // A statement about one seed is held against that seed's log; one about all, against any log or the mean of them.
  std::vector<const Claim*> concern(const Claim& claim) const {
    std::vector<const Claim*> out;
    for (const auto* log : logs_)
      if (!claim.seed || !log->seed || claim.seed == log->seed) out.push_back(log);
    return out;
  }

  const SourceClaims& file_;
  std::vector<const Claim*> logs_;
  std::vector<std::string> differ_;
  int compared_ = 0;
};

}  // namespace

ClaimFinding claims_agree(const Publication& all, const SourceClaims& file, const RuleReading&) {
  if (file.log) return std::nullopt;
  std::vector<const Claim*> logs;
  for (const auto& other : by_source(all.submission))
    if (other.log) logs.insert(logs.end(), other.claims.begin(), other.claims.end());
  if (logs.empty()) return unknown("no log to compare with");
  Agreement agreement(file, std::move(logs));
  for (const auto* claim : file.claims) {
    agreement.whole(*claim, "steps", &Claim::steps);
    agreement.whole(*claim, "train_ms", &Claim::train_ms);
    agreement.whole(*claim, "model_bytes", &Claim::model_bytes);
    agreement.whole(*claim, "code_bytes", &Claim::code_bytes);
    agreement.whole(*claim, "total_bytes", &Claim::total_bytes);
    for (const auto& eval : claim->evals) {
      agreement.printed(*claim, eval, "val_loss", &ClaimedEval::val_loss);
      agreement.printed(*claim, eval, "val_bpb", &ClaimedEval::val_bpb);
    }
  }
  return agreement.finding();
}

}  // namespace pgolf::rules
