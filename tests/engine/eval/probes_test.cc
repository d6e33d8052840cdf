#include "engine/eval/probes.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/eval/ttt_chunked.h"
#include "engine/eval/ttt_phased_lora.h"
#include "tests/engine/eval/tiny.h"

namespace pgolf {
namespace {

ScoreSum evaluate(EvalFixture& fixture) {
  return fixture.run().config.ttt.kind == TttKind::chunked ? ttt_chunked(fixture.run(), headline_info())
                                                           : ttt_phased_lora(fixture.run(), headline_info());
}

class ProbedEvaluators : public testing::TestWithParam<std::string> {};

TEST_P(ProbedEvaluators, AreCausalAndNotChangedByBeingProbed) {
  Config config = tiny_config(GetParam(), 2);
  config.eval.probes = 12;
  const auto probed = tiny_fixture(config);
  const ScoreSum with = evaluate(*probed);
  const auto causality = probed->events_of<CausalityEvent>();
  ASSERT_EQ(causality.size(), 12U);
  for (const CausalityEvent& event : causality) {
    EXPECT_GT(event.compared, 0) << event.target;
    EXPECT_EQ(event.changed, 0) << event.target << ": " << event.max_difference;
  }
  EXPECT_EQ(probed->events_of<NormalisationEvent>().size(), 12U);

  config.eval.probes = 0;
  const auto left_alone = tiny_fixture(config);
  const ScoreSum without = evaluate(*left_alone);
  EXPECT_EQ(with.nll, without.nll);
  EXPECT_EQ(weights_of(*probed), weights_of(*left_alone));
}

INSTANTIATE_TEST_SUITE_P(Submissions, ProbedEvaluators, testing::Values("754", "849", "2143", "2097"));

// The sum furthest from 1.
double worst_sum(const Config& config) {
  const auto fixture = tiny_fixture(config);
  evaluate(*fixture);
  double worst = 1;
  for (const auto& event : fixture->events_of<NormalisationEvent>())
    if (std::abs(event.sum - 1) > std::abs(worst - 1)) worst = event.sum;
  return worst;
}

TEST(Normalisation, SumsToOneWithoutTheEntropyExpertAlone) {
  for (const std::string pr : {"754", "2143", "2097"}) EXPECT_NEAR(worst_sum(tiny_config(pr, 2)), 1.0, 1e-5) << pr;
  Config config = tiny_config("849", 2);
  config.ttt.mixer_min_tokens = 0;
  EXPECT_GT(std::abs(worst_sum(config) - 1.0), 0.02);
  config.ttt.mixer_entropy_expert = false;
  EXPECT_NEAR(worst_sum(config), 1.0, 1e-5);
}

// Scores a target by whether the token after it is even: reads the future, and is no distribution.
class Oracle : public Predictor {
 public:
  std::vector<float> nll(const WindowBatch& batch) override {
    std::vector<float> out(batch.targets.size(), 1.0F);
    for (size_t i = 0; i + 1 < out.size(); ++i) out[i] = batch.targets[i + 1] % 2 == 0 ? 0.5F : 1.0F;
    return out;
  }
  std::vector<float> nll_of_all(const WindowBatch& batch, int64_t position) override {
    return std::vector<float>(32, nll(batch)[static_cast<size_t>(position)]);
  }
};

TEST(Probes, CatchAScoreThatReadsTheFutureAndIsNoDistribution) {
  const auto fixture = tiny_fixture(tiny_config("754", 1));
  const int64_t targets = 64;
  Probes probes(fixture->run().evidence.events, "ttt", targets, 20, 3, 32);
  EXPECT_EQ(probes.pending().size(), 20U);
  Oracle oracle;
  for (const Window& w : consecutive_windows(targets, 16))
    probes.run(gather(fixture->val(), std::span(&w, 1), 16), oracle);
  EXPECT_TRUE(probes.pending().empty());
  int64_t changed = 0;
  for (const auto& event : fixture->events_of<CausalityEvent>()) {
    EXPECT_LE(event.changed, 1);  // the target just before
    changed += event.changed;
    if (event.changed > 0) {
      EXPECT_NEAR(event.max_difference, 0.5, 1e-6);
    }
  }
  EXPECT_GT(changed, 3);
  for (const auto& event : fixture->events_of<NormalisationEvent>())
    EXPECT_TRUE(std::abs(event.sum - 32 * std::exp(-0.5)) < 1e-4 || std::abs(event.sum - 32 * std::exp(-1.0)) < 1e-4);
}

TEST(Probes, SampleByTheSeedAndNeverMoreThanThereAre) {
  const auto fixture = tiny_fixture(tiny_config("754", 1));
  EventLog& events = fixture->run().evidence.events;
  const Probes a(events, "ttt", 1000, 16, 1, 32), b(events, "ttt", 1000, 16, 1, 32), c(events, "ttt", 1000, 16, 2, 32);
  EXPECT_EQ(a.pending(), b.pending());
  EXPECT_NE(a.pending(), c.pending());
  EXPECT_EQ(Probes(events, "ttt", 5, 16, 1, 32).pending().size(), 4U);
  EXPECT_TRUE(Probes(events, "ttt", 1, 16, 1, 32).pending().empty());
}

}  // namespace
}  // namespace pgolf
