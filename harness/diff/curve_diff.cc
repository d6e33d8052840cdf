#include "harness/diff/curve_diff.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr double kNear = 0.01, kNearUntilStep = 20, kFar = 0.02;

Json pair_to_json(const CurvePair* p) {
  if (!p) return nullptr;
  return {{"step", p->published_step},           {"run_step", p->run_step},
          {"published", p->published},           {"run", p->run},
          {"difference", p->run - p->published}, {"relative", p->relative()}};
}

std::string pair_text(const CurvePair* p) {
  if (!p) return "none";
  return fmt::format("step {}{}: {:.4f}, printed {:.4f} ({:+.2f} %)", p->published_step,
                     p->run_step == p->published_step ? "" : fmt::format(" (here {})", p->run_step), p->run,
                     p->published, 100 * (p->run / p->published - 1));
}

}  // namespace

double CurvePair::relative() const { return std::abs(run - published) / published; }

const CurvePair* CurveFit::greatest() const {
  const auto it = std::max_element(pairs.begin(), pairs.end(),
                                   [](const auto& a, const auto& b) { return a.relative() < b.relative(); });
  return it == pairs.end() ? nullptr : &*it;
}

const CurvePair* CurveFit::first_beyond(double share) const {
  const auto it = std::find_if(pairs.begin(), pairs.end(), [&](const auto& p) { return !(p.relative() <= share); });
  return it == pairs.end() ? nullptr : &*it;
}

bool CurveFit::lies_on() const {
  return std::all_of(pairs.begin(), pairs.end(), [](const CurvePair& p) {
    return p.relative() <= (static_cast<double>(p.published_step) <= kNearUntilStep ? kNear : kFar);
  });
}

CurveFit fit_curve(const std::string& run, const std::vector<CurvePoint>& curve, const PublishedTraining& published,
                   std::optional<int64_t> run_steps) {
  CurveFit out{
      .run = run, .log = published.log, .seed = published.seed, .resampled_from = {}, .resampled_to = {}, .pairs = {}};
  double scale = 1;
  if (run_steps && *run_steps != published.stop_step) {
    out.resampled_from = published.stop_step, out.resampled_to = run_steps;
    scale = static_cast<double>(*run_steps) / static_cast<double>(published.stop_step);
  }
  std::map<int64_t, double> losses;
  for (const CurvePoint& p : curve) losses[p.step] = p.value;
  double nearest = 0;  // of the printed steps that fall on one of the run's, the one that is nearest to it
  for (const auto& [step, loss] : published.curve()) {
    const double at = 1 + scale * static_cast<double>(step - 1);  // step 1 is the untrained model in both
    const int64_t here = std::llround(at);
    const double off = std::abs(at - static_cast<double>(here));
    if (!losses.contains(here) || loss <= 0) continue;
    const bool again = !out.pairs.empty() && out.pairs.back().run_step == here;
    if (again && off >= nearest) continue;
    if (again) out.pairs.pop_back();
    out.pairs.push_back({step, here, loss, losses[here]});
    nearest = off;
  }
  if (out.pairs.empty())
    fail(ErrorKind::usage, "run {}: none of its {} steps is one whose loss {} prints", run, curve.size(),
         published.log);
  return out;
}

Json curve_fit_to_json(const CurveFit& fit) {
  Json resampled = nullptr;
  if (fit.resampled_from) resampled = {{"from", *fit.resampled_from}, {"to", *fit.resampled_to}};
  return {{"format", "pgolf.curve-fit/1"},
          {"run", fit.run},
          {"log", fit.log},
          {"seed", fit.seed},
          {"resampled", resampled},
          {"points", fit.pairs.size()},
          {"greatest", pair_to_json(fit.greatest())},
          {"first_beyond_1_percent", pair_to_json(fit.first_beyond(kNear))},
          {"first_beyond_2_percent", pair_to_json(fit.first_beyond(kFar))},
          {"lies_on", fit.lies_on()}};
}

std::string curve_fit_to_text(const CurveFit& fit) {
  std::string out = fmt::format("run {}: loss of rank 0 beside {}, seed {}\n", fit.run, fit.log, fit.seed);
  if (fit.resampled_from)
    out += fmt::format(
        "its schedule is resampled from {} steps to {}: compared at equal fractions of the training, where it "
        "has seen fewer tokens\n",
        *fit.resampled_from, *fit.resampled_to);
  out += fmt::format("  compared             {} printed steps\n", fit.pairs.size());
  out += fmt::format("  greatest difference  {}\n", pair_text(fit.greatest()));
  out += fmt::format("  first beyond 1 %     {}\n", pair_text(fit.first_beyond(kNear)));
  out += fmt::format("  first beyond 2 %     {}\n", pair_text(fit.first_beyond(kFar)));
  return out + fmt::format("the curve {} on the log: within 1 % up to step 20, 2 % later\n",
                           fit.lies_on() ? "lies" : "does not lie");
}

}  // namespace pgolf
