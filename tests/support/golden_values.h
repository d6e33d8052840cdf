// What an evaluation of a golden file's inputs gives, and how near to the file's vectors it must come.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/golden.h"

namespace pgolf {

// By the names that the file has for them.
using GoldenValues = std::map<std::string, std::vector<double>>;

// An evaluation with the weights of a draw (GoldenFile::weights).
using GoldenEvaluation = std::function<GoldenValues(uint64_t draw)>;

// The tolerances of one file. A result may be `base` away from the stored vector, by norm(a - b) / norm(b), or three
// times float32's own error, whichever is larger. That error is the stored vector's distance from the same evaluated in
// float64, or the largest that our float32 has at weights whose last bits are drawn at random: one vector may be near
// by chance. A vector that is much farther from float64 than ours ever is was not rounded but computed by another
// formula.
class GoldenTolerance {
 public:
  // Neither is evaluated before a result is farther away than its base.
  GoldenTolerance(GoldenEvaluation float32, GoldenEvaluation float64)
      : float32_(std::move(float32)), float64_(std::move(float64)) {}

  // Expects `ours` as near to `stored` as that, and tells all distances where it is not. `coarser`: how many times a
  // unit in the last place of what computed `ours` is float32's.
  void expect_near(const std::string& name, const std::vector<double>& ours, const std::vector<double>& stored,
                   double base, double coarser = 1);

 private:
  void evaluate();

  GoldenEvaluation float32_, float64_;
  std::optional<GoldenValues> exact_;
  std::map<std::string, double> noise_;  // distance of our float32 from float64, the largest of the draws
};

}  // namespace pgolf
