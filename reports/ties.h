// Means of a few runs, and whether the runs tell two of them apart.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace pgolf {

struct Spread {
  size_t n = 0;
  double mean = 0;
  std::optional<double> deviation;  // of the sample, from two values
};
Spread spread_of(const std::vector<double>& values);  // not empty

// By no more than two standard errors of the difference of their means. One run shows no spread and borrows the
// other's; two single runs differ if their printed digits do.
bool tied(const Spread& a, const Spread& b);

}  // namespace pgolf
