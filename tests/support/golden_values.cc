#include "tests/support/golden_values.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace pgolf {
namespace {

constexpr uint64_t kDraws = 4;
// How much farther from float64 than ours the originals' float32 may be. Of 7,320 gradients of twenty models, with
// sums in other orders, the worst was six times as far.
constexpr double kMostOfNoise = 30;

}  // namespace

void GoldenTolerance::evaluate() {
  exact_ = float64_(0);
  for (uint64_t draw = 1; draw <= kDraws; ++draw) {
    const GoldenValues ours = float32_(draw), exact = float64_(draw);
    for (const auto& [name, values] : exact)
      noise_[name] = std::max(noise_[name], relative_error(ours.at(name), values));
  }
}

void GoldenTolerance::expect_near(const std::string& name, const std::vector<double>& ours,
                                  const std::vector<double>& stored, double base, double coarser) {
  const double error = relative_error(ours, stored);
  if (error <= base) return;
  if (!exact_) evaluate();
  const double own = relative_error(stored, exact_->at(name)), noise = noise_.at(name);
  const std::string distances = fmt::format(
      "{} is {:.2e} from the stored vector, which is {:.2e} from float64; ours is {:.2e} from it, and up to "
      "{:.2e} with other last bits of the weights",
      name, error, own, relative_error(ours, exact_->at(name)), noise);
  EXPECT_LE(own, std::max(base, kMostOfNoise * noise)) << distances << ": this is no rounding";
  EXPECT_LE(error, std::max({base, 3 * std::max(own, noise), coarser * noise})) << distances;
}

}  // namespace pgolf
