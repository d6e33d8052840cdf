// Every clock_<pr> file: the rate of each step along the clock that the submission published.
#include <gtest/gtest.h>

#include <string>

#include "engine/schedule/plan.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

// Only what a schedule reads. A script with a fraction of warmdown has no steps of it.
Config clock_config(const GoldenFile& g) {
  const auto number = [&](const char* name) { return std::stod(g.env(name).value()); };
  Config c;
  c.train.iterations = std::stoll(g.env("ITERATIONS").value());
  c.train.max_wallclock_seconds = number("MAX_WALLCLOCK_SECONDS");
  c.train.clock_reserve_seconds = number("GPTQ_RESERVE_SECONDS");
  if (g.env("WARMDOWN_FRAC")) {
    c.schedule.kind = ScheduleKind::fraction;
    c.schedule.warmdown_frac = number("WARMDOWN_FRAC");
    c.schedule.min_lr = number("MIN_LR");
  } else {
    c.schedule.warmdown_iters = std::stoll(g.env("WARMDOWN_ITERS").value());
  }
  return c;
}

TEST(ClockGolden, RateOfEveryStep) {
  if (const std::string none = golden_missing({"clock_*"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files("clock_*")) {
    const GoldenFile g(path);
    SCOPED_TRACE(g.name());
    const Config config = clock_config(g);
    const auto steps = g.ints("step");
    const auto elapsed_ms = g.floats("elapsed_ms"), rates = g.floats("lr_scale");
    ASSERT_EQ(elapsed_ms.size(), steps.size());
    ASSERT_EQ(rates.size(), steps.size());
    for (size_t i = 0; i < steps.size(); ++i)
      EXPECT_NEAR(plan_step(config, steps[i], elapsed_ms[i]).lr_scale, rates[i], 1e-6) << "step " << steps[i];
  }
}

}  // namespace
}  // namespace pgolf
