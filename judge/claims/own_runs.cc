#include "judge/claims/own_runs.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "judge/claims/printed.h"

namespace pgolf::rules {
namespace {

// What texts claim: values, of whatever seed, since a log may print another than its own; and the seeds that they list.
struct Claimed {
  std::vector<std::string> values;
  std::set<int64_t> seeds;
};

Claimed claimed_by_texts(const Submission& submission) {
  Claimed out;
  if (!is_log(submission.headline.source) && !submission.headline.val_bpb.empty())
    out.values.push_back(submission.headline.val_bpb);
  for (const Claim& claim : submission.claims) {
    if (is_log(claim.source)) continue;
    if (claim.seed) out.seeds.insert(*claim.seed);
    for (const ClaimedEval& eval : claim.evals)
      if (!eval.val_bpb.empty()) out.values.push_back(eval.val_bpb);
  }
  return out;
}

// The pass of a log whose value is the claimed one; null if none is.
const ClaimedEval* claimed_pass(const Claim& log, const Claimed& claimed) {
  for (const ClaimedEval& eval : log.evals)
    for (const std::string& value : claimed.values)
      if (eval.name != kLivePass && !eval.val_bpb.empty() && decimals(eval.val_bpb) >= decimals(value) &&
          may_be_one(eval.val_bpb, value))
        return &eval;
  return nullptr;
}

// Whether two logs cannot be of one run: both print a figure, and not the same.
bool differ(const Claim& a, const Claim& b, const std::string& pass) {
  for (const auto member : {&Claim::steps, &Claim::train_ms, &Claim::num_params, &Claim::model_bytes})
    if (a.*member && b.*member && *(a.*member) > 0 && *(b.*member) > 0 && a.*member != b.*member) return true;
  for (const ClaimedEval& x : a.evals)
    for (const ClaimedEval& y : b.evals)
      if (x.name == pass && y.name == pass && !x.val_bpb.empty() && !may_be_one(x.val_bpb, y.val_bpb)) return true;
  return false;
}

const ClaimedEval* pass_named(const Claim& log, const std::string& name) {
  for (const ClaimedEval& eval : log.evals)
    if (eval.name == name && !eval.val_bpb.empty()) return &eval;
  return nullptr;
}

// Where several logs of a seed print the title's pass: the only choice of one for each seed whose mean is the title's
// value. Nothing where there is none, or more than one.
std::vector<size_t> mean_of_title(const Submission& submission) {
  constexpr size_t kMostChoices = 4096;
  const Headline& title = submission.headline;
  if (is_log(title.source) || title.val_bpb.empty()) return {};
  std::map<int64_t, std::vector<size_t>> by_seed;
  for (size_t i = 0; i < submission.claims.size(); ++i) {
    const Claim& claim = submission.claims[i];
    if (is_log(claim.source) && claim.seed && pass_named(claim, title.eval)) by_seed[*claim.seed].push_back(i);
  }
  size_t choices = 1;
  for (const auto& [seed, logs] : by_seed) choices = std::min(choices * logs.size(), kMostChoices + 1);
  if (by_seed.size() < 2 || choices < 2 || choices > kMostChoices) return {};
  std::vector<size_t> found;
  for (size_t choice = 0; choice < choices; ++choice) {
    std::vector<size_t> chosen;
    double sum = 0;
    size_t rest = choice;
    for (const auto& [seed, logs] : by_seed) {
      chosen.push_back(logs[rest % logs.size()]), rest /= logs.size();
      sum += std::stod(pass_named(submission.claims[chosen.back()], title.eval)->val_bpb);
    }
    const double off = std::abs(sum / static_cast<double>(chosen.size()) - std::stod(title.val_bpb));
    if (off > 0.51 * std::pow(10.0, -decimals(title.val_bpb))) continue;
    if (!found.empty()) return {};
    found = std::move(chosen);
  }
  return found;
}

std::vector<bool> which_are_others(const Submission& submission, const Claimed& claimed) {
  const std::vector<Claim>& claims = submission.claims;
  std::vector<const ClaimedEval*> passes(claims.size(), nullptr);
  bool listed = false;  // whether a log of a listed seed is there
  for (size_t i = 0; i < claims.size(); ++i) {
    if (!is_log(claims[i].source)) continue;
    passes[i] = claimed_pass(claims[i], claimed);
    listed |= claims[i].seed && claimed.seeds.contains(*claims[i].seed);
  }
  if (std::all_of(passes.begin(), passes.end(), [](const ClaimedEval* pass) { return !pass; }))
    for (const size_t i : mean_of_title(submission)) passes[i] = pass_named(claims[i], submission.headline.eval);
  std::vector<bool> out(claims.size(), false);
  for (size_t i = 0; i < claims.size(); ++i) {
    const Claim& log = claims[i];
    if (!is_log(log.source) || passes[i]) continue;
    out[i] = listed && log.seed && !claimed.seeds.contains(*log.seed);
    for (size_t j = 0; j < claims.size() && !out[i]; ++j)
      out[i] = passes[j] && (!log.seed || log.seed == claims[j].seed) && differ(log, claims[j], passes[j]->name);
  }
  return out;
}

}  // namespace

OwnRuns own_runs(const Submission& submission) {
  OwnRuns out{submission, {}};
  const Claimed claimed = claimed_by_texts(submission);
  const std::vector<bool> others = which_are_others(submission, claimed);
  auto& claims = out.submission.claims;
  claims.clear();
  std::set<int64_t> theirs;
  for (size_t i = 0; i < others.size(); ++i) {
    const Claim& claim = submission.claims[i];
    if (!others[i]) {
      claims.push_back(claim);
      continue;
    }
    const bool series = std::any_of(submission.claims.begin(), submission.claims.end(), [&](const Claim& other) {
      return &other != &claim && other.source == claim.source;
    });
    out.others.push_back(claim.source + (series && claim.seed ? fmt::format(" (seed {})", *claim.seed) : ""));
    if (claim.seed) theirs.insert(*claim.seed);
  }
  for (const Claim& claim : claims)
    if (claim.seed) theirs.erase(*claim.seed);
  std::erase_if(out.submission.seeds, [&](int64_t seed) { return theirs.contains(seed); });
  return out;
}

}  // namespace pgolf::rules
