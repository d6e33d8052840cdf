// Small-sample statistics of a comparison: Welch's t test, equivalence, and what a sample of this size can show.
//
// Values are independent runs, assumed normal: with three runs a side no test without that assumption reaches 0.01
// (a rank test ends at 1/20). Source: B. L. Welch, Biometrika 34 (1947) 28; D. J. Schuirmann, J. Pharmacokinet.
// Biopharm. 15 (1987) 657 for the two one-sided tests.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace pgolf {

struct Interval {
  double low = 0, high = 0;
  bool operator==(const Interval&) const = default;
};

struct Sample {
  int64_t n = 0;
  double mean = 0;
  double sd = 0;  // of the sample, divided by n - 1; 0 for n = 1
};
Sample summarize(const std::vector<double>& values);  // not empty

// Student's t confidence interval of a mean, `alpha` in each tail. nullopt with fewer than two values.
std::optional<Interval> mean_interval(const Sample& sample, double alpha);

// The difference of two means, b - a: what a gains on b where lower is better.
struct Welch {
  double difference = 0;
  double standard_error = 0;
  double df = 0;  // Welch and Satterthwaite's

  double t(double than) const { return (difference - than) / standard_error; }
  double p_greater(double than) const;  // one-sided: the true difference is not above `than`
  double p_less(double than) const;
  Interval interval(double alpha) const;  // `alpha` in each tail
};
// nullopt with fewer than two values on a side, or without any variance.
std::optional<Welch> welch(const Sample& a, const Sample& b);

// The smallest true difference (above what is tested against) that a one-sided Welch test at `alpha` finds with
// probability `power`, were these the true standard deviations. Same conditions as welch().
std::optional<double> detectable_difference(const Sample& a, const Sample& b, double alpha, double power);

// Differences of pairs, b - a of one seed each: the seeds' common spread cancels out.
struct Paired {
  Sample differences;
  std::optional<Interval> interval;   // Student's, `alpha` in each tail; nullopt for one pair
  std::optional<double> p_two_sided;  // that the true mean is zero; nullopt for one pair or without any variance
};
Paired paired(const std::vector<double>& a, const std::vector<double>& b, double alpha);  // of one size, not empty

// p-values of several hypotheses, so adjusted that all of them together are wrong at most at the level that each is
// then held against. S. Holm, Scand. J. Statist. 6 (1979) 65.
std::vector<double> holm(const std::vector<double>& p);

// Runs a side, at least two, after which `difference` is found so; nullopt if a thousand are not enough.
std::optional<int64_t> runs_needed(double sd_a, double sd_b, double difference, double alpha, double power);

}  // namespace pgolf
