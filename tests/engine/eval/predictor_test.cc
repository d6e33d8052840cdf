#include "engine/eval/predictor.h"

#include <gtest/gtest.h>

#include "tests/engine/eval/tiny.h"

namespace pgolf {
namespace {

class PredictorTest : public testing::TestWithParam<std::string> {};

// Windows of which the end alone is scored: the model computes less, and the losses are those of the whole windows.
TEST_P(PredictorTest, ScoresTheEndOfAWindowAsTheWholeWindowDoes) {
  const auto fixture = tiny_fixture(tiny_config(GetParam(), 1));
  const int64_t T = fixture->run().config.eval.seq_len;
  WindowBatch batch = gather(fixture->val(), std::vector<Window>{{3, T, T, T + 3}, {40, T - 2, 41, 43}, {}}, T);
  ModelPredictor predictor(fixture->ctx(), fixture->run().model);
  const std::vector<float> part = predictor.nll(batch);
  WindowBatch whole = batch;
  for (Window& w : whole.windows) w.score_begin = w.begin, w.score_end = w.begin + w.length;
  const std::vector<float> all = predictor.nll(whole);
  ASSERT_EQ(part.size(), all.size());
  int compared = 0;
  for (int64_t b = 0; b < batch.size(); ++b)
    for (int64_t i = batch.windows[b].score_begin; i < batch.windows[b].score_end; ++i, ++compared) {
      const auto at = static_cast<size_t>(batch.position(b, i));
      EXPECT_NEAR(part[at], all[at], 1e-5 * all[at]) << b << " " << i;
    }
  EXPECT_EQ(compared, 5);
}

INSTANTIATE_TEST_SUITE_P(Submissions, PredictorTest, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return info.param; });

TEST(Predictor, ABatchOfPaddingScoresNothing) {
  const auto fixture = tiny_fixture(tiny_config("334", 1));
  const int64_t T = fixture->run().config.eval.seq_len;
  ModelPredictor predictor(fixture->ctx(), fixture->run().model);
  EXPECT_EQ(predictor.nll(gather(fixture->val(), std::vector<Window>(2), T)), std::vector<float>(2 * T, 0.0F));
}

}  // namespace
}  // namespace pgolf
