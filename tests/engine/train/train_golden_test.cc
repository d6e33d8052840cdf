// Every train_<pr> file: a whole training by the submission's own main(), from its seed and shards to its export.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/engine/train/train_fixture.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// Relative. Where a gradient is zero but for rounding, Adam makes a whole step of that rounding: PR 849's lambda_v adds
// a multiple of x0 to a stream that is one, which the last norm takes away, as long as all projections are zero. What
// float32 can tell is what the script itself comes to when the last bits of its initial weights change, `spread.*` of
// the file. Few draws: three times their largest is allowed.
constexpr double kLossTolerance = 1e-5, kWeightTolerance = 1e-5, kOfSpread = 3;

std::vector<std::vector<uint16_t>> shards_of(const GoldenFile& file) {
  std::vector<std::vector<uint16_t>> out;
  for (const std::string& shard : file.names("shard.")) {
    const auto tokens = file.ints("shard." + shard);
    out.emplace_back(tokens.begin(), tokens.end());
  }
  return out;
}

void expect_losses(const GoldenFile& file, const std::vector<StepEvent>& steps) {
  const auto losses = file.floats("train_loss"), spread = file.floats("spread.train_loss");
  ASSERT_EQ(steps.size(), losses.size());
  ASSERT_EQ(spread.size(), losses.size());
  for (size_t i = 0; i < losses.size(); ++i) {
    const double error = std::abs(steps[i].rank0_loss.value() / losses[i] - 1);
    EXPECT_LE(error, std::max(kLossTolerance, kOfSpread * spread[i])) << "loss of step " << i + 1 << ": " << losses[i];
  }
}

void expect_export(const GoldenFile& file, const SafetensorsFile& exported) {
  for (const std::string& name : file.names("after.")) {
    const auto after = file.floats("after." + name);
    auto ours = to_floats(exported.tensor(name));
    ours.resize(after.size());  // of a bank the file holds the first matrices
    const double error = relative_error(ours, after);
    EXPECT_LE(error, std::max(kWeightTolerance, kOfSpread * file.floats("spread." + name).at(0))) << name;
  }
}

class TrainGolden : public testing::TestWithParam<const char*> {};

TEST_P(TrainGolden, LossesAndExport) {
  const std::string pattern = std::string("train_") + GetParam() + "*";
  if (const std::string none = golden_missing({pattern}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files(pattern)) {
    const GoldenFile file(path);
    SCOPED_TRACE(file.name());
    TrainFixture fixture(golden_config(file), static_cast<int64_t>(file.torch_seed()), shards_of(file));
    fixture.train();
    expect_losses(file, fixture.steps());
    expect_export(file, SafetensorsFile::open(fixture.options().checkpoint));
  }
}

INSTANTIATE_TEST_SUITE_P(Pr, TrainGolden, testing::ValuesIn(kGoldenPrs),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace pgolf
