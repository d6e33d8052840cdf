// Whether texts (README, submission.json, card) say what the logs say.
#include <fmt/ranges.h>

#include <cmath>
#include <numeric>
#include <set>

#include "judge/claims/logs.h"
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

// Whether a text may say `said` of a printed value: rounded up or down, or with digits that this log leaves out, where
// it prints enough.
bool is_rounding(const std::string& value, const std::string& said) {
  constexpr int kEnough = 4;
  if (decimals(value) >= decimals(said))
    return std::abs(std::stod(value) - std::stod(said)) < std::pow(10.0, -decimals(said)) * (1 - 1e-9);
  return decimals(value) >= kEnough && may_be_one(value, said);
}

// The statements of one text, held against the logs one after the other.
class Agreement {
 public:
  // `incomplete`: a claimed seed has no log, so that what is said of all seeds cannot be contradicted.
  Agreement(const SourceClaims& file, std::vector<const Claim*> logs, bool incomplete)
      : file_(file), logs_(std::move(logs)), incomplete_(incomplete) {}

  void whole(const Claim& claim, const char* what, std::optional<int64_t> Claim::*member) {
    if (!(claim.*member)) return;
    std::vector<int64_t> values;
    std::set<std::pair<std::optional<int64_t>, int64_t>> runs;  // copies of a log are one
    for (const auto* log : concern(claim))
      if (log->*member && runs.emplace(log->seed, *(log->*member)).second) values.push_back(*(log->*member));
    if (values.empty()) return;
    ++compared_;
    const int64_t said = *(claim.*member);
    const auto sum = std::accumulate(values.begin(), values.end(), int64_t{0});
    values.push_back(std::llround(static_cast<double>(sum) / static_cast<double>(values.size())));
    if (std::none_of(values.begin(), values.end(), [&](int64_t value) { return rounds_to(value, said); }))
      differs(claim, static_cast<double>(said), static_cast<double>(values.front()),
              fmt::format("{}{} {} (log: {})", seed_name(file_, claim), what, with_commas(said),
                          with_commas(values.front())));
  }

  void printed(const Claim& claim, const ClaimedEval& eval, const char* what, std::string ClaimedEval::*member) {
    const auto& said = eval.*member;
    if (said.empty()) return;
    std::vector<std::string> values;
    std::set<std::pair<std::optional<int64_t>, std::string>> runs;
    double sum = 0;
    for (const auto* log : concern(claim))
      for (const auto& e : log->evals)
        if (e.name == eval.name && !(e.*member).empty() && runs.emplace(log->seed, e.*member).second)
          values.push_back(e.*member), sum += std::stod(e.*member);
    if (values.empty()) return;
    ++compared_;
    const double mean = sum / static_cast<double>(values.size());
    int fewest = decimals(said);
    for (const auto& value : values) fewest = std::min(fewest, decimals(value));
    // A mean of rounded values may be off by one in its last digit.
    bool same = values.size() > 1 && std::abs(mean - std::stod(said)) < 1.5 * std::pow(10.0, -fewest) && !claim.seed;
    for (const auto& value : values) same |= is_rounding(value, said);
    if (!same)
      differs(claim, std::stod(said), std::stod(values.front()),
              fmt::format("{}{} {} {} (log: {})", seed_name(file_, claim), eval.name, what, said, values.front()));
  }

  ClaimFinding finding() const {
    if (compared_ == 0) return std::nullopt;
    const Status status = !differ_.empty() ? Status::fail : !open_.empty() ? Status::unknown : Status::pass;
    Finding out{status, static_cast<int64_t>(differ_.size()), 0, "differences", {}, {}};
    if (!differ_.empty())
      out.reason = fmt::format("{} of {} statements are not in the logs: {}", differ_.size(), compared_,
                               fmt::join(differ_, "; "));
    else if (!open_.empty())
      out.reason =
          fmt::format("{} of {} statements are not in the logs, and may be means with seeds that have none: {}",
                      open_.size(), compared_, fmt::join(open_, "; "));
    else
      out.reason = fmt::format("all of {} statements are in the logs", compared_);
    return out;
  }

 private:
  // Seeds of one script lie closer together than this, relatively: further off, no seed without a log explains it.
  static constexpr double kSpread = 0.005;

  void differs(const Claim& claim, double said, double logged, std::string text) {
    const bool open = incomplete_ && !claim.seed && std::abs(said - logged) <= kSpread * std::abs(logged);
    (open ? open_ : differ_).push_back(std::move(text));
  }

  // A statement about one seed is held against that seed's log; one about all, against any log or the mean of them.
  std::vector<const Claim*> concern(const Claim& claim) const {
    std::vector<const Claim*> out;
    for (const auto* log : logs_)
      if (!claim.seed || !log->seed || claim.seed == log->seed) out.push_back(log);
    return out;
  }

  const SourceClaims& file_;
  std::vector<const Claim*> logs_;
  bool incomplete_;
  std::vector<std::string> differ_, open_;
  int compared_ = 0;
};

}  // namespace

ClaimFinding claims_agree(const Publication& all, const SourceClaims& file, const RuleReading&) {
  if (file.log) return std::nullopt;
  std::vector<const Claim*> logs;
  for (const auto& other : by_source(all.submission))
    if (other.log) logs.insert(logs.end(), other.claims.begin(), other.claims.end());
  if (logs.empty()) return unknown("no log to compare with");
  const auto logged = [&](int64_t seed) {
    return std::any_of(logs.begin(), logs.end(), [&](const Claim* log) { return log->seed == seed; });
  };
  const auto claimed = claimed_seeds(all.submission);
  const bool incomplete = !std::all_of(claimed.begin(), claimed.end(), logged) &&
                          std::all_of(logs.begin(), logs.end(), [](const Claim* log) { return log->seed.has_value(); });
  Agreement agreement(file, std::move(logs), incomplete);
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
