// What the walk without memory counts is what a run on the CPU takes.
#include "engine/memory/need.h"

#include <gtest/gtest.h>

#include "base/progress.h"
#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

constexpr Place kOnCpu{kCpu, DType::f32}, kCounted{kMeta, DType::f32};

class MemoryNeedOf : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { set_progress_mode(ProgressMode::off); }
};

// By purpose; but for what kernels of the CPU take for themselves, and what never lies on a device.
template <class Phase>
void expect_counted(const char* phase, const Config& config, Phase run) {
  restart_peak(kCpu);
  const MemoryParts before = memory_use(kCpu).now;
  run(config, kOnCpu);
  const MemoryParts taken = memory_use(kCpu).highest;
  restart_peak(kMeta);
  run(config, kCounted);
  const MemoryParts counted = memory_use(kMeta).highest;
  for (size_t i = 0; i < kPurposes.size(); ++i) {
    if (i == static_cast<size_t>(Purpose::scratch) || i == static_cast<size_t>(Purpose::host)) continue;
    EXPECT_EQ(counted[i], taken[i] - before[i]) << phase << ": " << kPurposes[i];
  }
  EXPECT_EQ(memory_use(kMeta).total(), 0U) << phase;
}

TEST_P(MemoryNeedOf, TheWalkCountsWhatTheCpuTakes) {
  const Config config = tiny_config(GetParam(), 2);
  expect_counted("train", config, train_memory);
  expect_counted("pack", config, pack_memory);
  expect_counted("eval", config, eval_memory);
}

INSTANTIATE_TEST_SUITE_P(Submissions, MemoryNeedOf, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return std::string("Pr") + info.param; });

}  // namespace
}  // namespace pgolf
