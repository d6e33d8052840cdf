// Every evaluation of the originals: for each eval_* file of the golden directory, each entry of its results.
#include "tests/engine/eval/eval_golden.h"

#include <gtest/gtest.h>

#include "tests/float64/float64.h"

namespace pgolf {
namespace {

// tests/golden/README.md: relative, without and with adaptation; parameters after training by norm.
constexpr double kScoreTolerance = 1e-5, kAdaptedTolerance = 5e-4, kParamTolerance = 5e-4;

bool adapts(const std::string& evaluation) { return evaluation.find("ttt") != std::string::npos; }

void expect_result(const GoldenFile& file, const std::string& evaluation, const Json& result) {
  SCOPED_TRACE(file.name() + " " + evaluation);
  const GoldenValues ours = eval_golden(file, evaluation);
  GoldenTolerance tolerance([&](uint64_t draw) { return eval_golden(file, evaluation, draw); },
                            [&](uint64_t draw) { return pgolf_float64::eval_golden(file, evaluation, draw); });
  const double base = adapts(evaluation) ? kAdaptedTolerance : kScoreTolerance;
  for (const char* score : {"val_loss", "val_bpb"})
    tolerance.expect_near(score, ours.at(score), {result.at(score).get<double>()}, base);
  if (!adapts(evaluation)) return;
  for (const std::string& param : file.names("after_ttt.")) {
    const std::string name = "after_ttt." + param;
    ASSERT_TRUE(ours.contains(name)) << name << " has no counterpart";
    tolerance.expect_near(name, ours.at(name), file.doubles(name), kParamTolerance);
  }
}

class EvalGolden : public testing::TestWithParam<const char*> {};

TEST_P(EvalGolden, LossBitsAndWeights) {
  const std::string pr = GetParam(), pattern = "eval_" + pr + "*";
  if (const std::string none = golden_missing({pattern, "model_" + pr + "_base"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files(pattern)) {
    const GoldenFile file(path);
    for (const auto& [evaluation, result] : file.meta().at("results").items()) expect_result(file, evaluation, result);
  }
}

INSTANTIATE_TEST_SUITE_P(Pr, EvalGolden, testing::ValuesIn(kGoldenPrs),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace pgolf
