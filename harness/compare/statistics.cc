#include "harness/compare/statistics.h"

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace pgolf {
namespace {

using boost::math::complement;

double t_quantile(double df, double alpha) {
  return boost::math::quantile(complement(boost::math::students_t(df), alpha));
}

// Probability that a one-sided test finds a true difference of `ncp` standard errors.
double power_of(double df, double ncp, double alpha) {
  const double power = boost::math::cdf(complement(boost::math::non_central_t(df, ncp), t_quantile(df, alpha)));
  return std::clamp(power, 0.0, 1.0);
}

}  // namespace

Sample summarize(const std::vector<double>& values) {
  check(!values.empty(), "summarize: no values");
  Sample out;
  out.n = static_cast<int64_t>(values.size());
  for (const double v : values) out.mean += v / static_cast<double>(values.size());
  double squares = 0;
  for (const double v : values) squares += (v - out.mean) * (v - out.mean);
  if (out.n > 1) out.sd = std::sqrt(squares / static_cast<double>(out.n - 1));
  // Equal values have no spread, whatever rounding the mean took.
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values.front(); }))
    out.mean = values.front(), out.sd = 0;
  return out;
}

std::optional<Interval> mean_interval(const Sample& sample, double alpha) {
  if (sample.n < 2) return std::nullopt;
  const double half =
      t_quantile(static_cast<double>(sample.n - 1), alpha) * sample.sd / std::sqrt(static_cast<double>(sample.n));
  return Interval{sample.mean - half, sample.mean + half};
}

double Welch::p_greater(double than) const {
  return boost::math::cdf(complement(boost::math::students_t(df), t(than)));
}

double Welch::p_less(double than) const { return boost::math::cdf(boost::math::students_t(df), t(than)); }

Interval Welch::interval(double alpha) const {
  const double half = t_quantile(df, alpha) * standard_error;
  return {difference - half, difference + half};
}

std::optional<Welch> welch(const Sample& a, const Sample& b) {
  if (a.n < 2 || b.n < 2) return std::nullopt;
  const double va = a.sd * a.sd / static_cast<double>(a.n), vb = b.sd * b.sd / static_cast<double>(b.n);
  const double variance = va + vb;
  if (!(variance > 0)) return std::nullopt;
  const double df =
      variance * variance / (va * va / static_cast<double>(a.n - 1) + vb * vb / static_cast<double>(b.n - 1));
  if (!std::isfinite(df) || !std::isfinite(variance)) return std::nullopt;
  return Welch{b.mean - a.mean, std::sqrt(variance), df};
}

std::optional<double> detectable_difference(const Sample& a, const Sample& b, double alpha, double power) {
  const auto test = welch(a, b);
  if (!test) return std::nullopt;
  double low = 0, high = 1;  // in standard errors
  while (power_of(test->df, high, alpha) < power) {
    high *= 2;
    if (high > 1e4) return std::nullopt;
  }
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (power_of(test->df, middle, alpha) < power ? low : high) = middle;
  }
  return high * test->standard_error;
}

Paired paired(const std::vector<double>& a, const std::vector<double>& b, double alpha) {
  check(a.size() == b.size(), "paired: {} and {} values", a.size(), b.size());
  std::vector<double> differences;
  for (size_t i = 0; i < a.size(); ++i) differences.push_back(b[i] - a[i]);
  Paired out{summarize(differences), std::nullopt, std::nullopt};
  out.interval = mean_interval(out.differences, alpha);
  if (out.differences.n < 2 || !(out.differences.sd > 0)) return out;
  const auto n = static_cast<double>(out.differences.n);
  const double t = out.differences.mean / (out.differences.sd / std::sqrt(n));
  out.p_two_sided = 2 * boost::math::cdf(complement(boost::math::students_t(n - 1), std::abs(t)));
  return out;
}

std::vector<double> holm(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> out(p.size());
  double least = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    least = std::max(least, std::min(1.0, p[order[i]] * static_cast<double>(p.size() - i)));
    out[order[i]] = least;
  }
  return out;
}

std::optional<int64_t> runs_needed(double sd_a, double sd_b, double difference, double alpha, double power) {
  constexpr int64_t kMost = 1000;
  const auto enough = [&](int64_t n) {
    const auto test = welch({n, 0, sd_a}, {n, 0, sd_b});
    return test && power_of(test->df, difference / test->standard_error, alpha) >= power;
  };
  if (!(difference > 0) || !enough(kMost)) return std::nullopt;
  int64_t low = 1, high = kMost;  // more runs never find less
  while (high - low > 1) {
    const int64_t middle = (low + high) / 2;
    (enough(middle) ? high : low) = middle;
  }
  return high;
}

}  // namespace pgolf
