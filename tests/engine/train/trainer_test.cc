// The training loop on tiny models: what it learns, what it reports, and that only the configuration decides the
// weights.
#include <gtest/gtest.h>

#include "engine/config/techniques.h"
#include "engine/core/parallel.h"
#include "tests/engine/train/train_fixture.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

constexpr const char* kSubmissions[] = {"334", "754", "849", "2143", "2097"};

class TrainerOf : public testing::TestWithParam<const char*> {};

TEST_P(TrainerOf, SameWeightsForAnyNumberOfThreads) {
  const Config config = short_training(GetParam(), 2);
  set_num_threads(1);
  const std::vector<float> one = TrainFixture(config).train();
  set_num_threads(2);
  EXPECT_EQ(TrainFixture(config).train(), one);
}

TEST_P(TrainerOf, WarmUpLeavesNothingBehind) {
  Config config = short_training(GetParam());
  config.muon.warmup_momentum_kept = false;  // PR 2097 keeps it, so that its warm-up does change the run
  const std::vector<float> with = TrainFixture(config).train();
  config.train.warmup_steps = 0;
  EXPECT_EQ(TrainFixture(config).train(), with);
}

TEST_P(TrainerOf, LearnsWhatFollowsWhat) {
  Config config = short_training(GetParam());
  config.train.iterations = 60;
  config.train.batch_tokens = 256;
  TrainFixture fixture(config);
  fixture.train();
  const auto steps = fixture.steps();
  ASSERT_EQ(steps.size(), 60U);
  EXPECT_NEAR(steps.front().train_loss, std::log(static_cast<double>(config.model.vocab_size)), 0.5);
  EXPECT_LT(steps.back().train_loss, 0.75 * steps.front().train_loss);
}

// Loss, rate and switches of every step are evidence; their clock never runs backwards.
TEST_P(TrainerOf, ReportsEveryStep) {
  const Config config = short_training(GetParam());
  TrainFixture fixture(config);
  fixture.train();
  const auto steps = fixture.steps();
  ASSERT_EQ(static_cast<int64_t>(steps.size()), config.train.iterations);
  for (size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].step, static_cast<int64_t>(i) + 1);
    EXPECT_EQ(steps[i].tokens, config.train.batch_tokens);
    if (i > 0) {
      EXPECT_GE(steps[i].elapsed_ms, steps[i - 1].elapsed_ms);
    }
  }
  const auto& last = steps.back().switches;
  EXPECT_EQ(std::count(last.begin(), last.end(), "qat"), 0);  // folded away in the originals
  EXPECT_EQ(std::count(last.begin(), last.end(), "crown_q"), config.qat.crown_q_lambda > 0 ? 1 : 0);
  EXPECT_EQ(std::count(last.begin(), last.end(), "looping"), config.model.num_loops > 0 ? 1 : 0);
  EXPECT_LT(steps.back().lr_scale, 0.5);
}

// What the scripts print: the mean over rank 0's micro-batches, where train_loss is over all ranks'.
TEST_P(TrainerOf, ReportsTheLossOfRank0) {
  Config config = short_training(GetParam());
  config.train.grad_accum_steps = 2, config.train.batch_tokens = 128;
  TrainFixture alone(config);
  alone.train();
  for (const StepEvent& step : alone.steps()) EXPECT_EQ(step.rank0_loss, step.train_loss) << step.step;
  config = short_training(GetParam(), 2);
  TrainFixture both(config);
  both.train();
  const auto steps = both.steps();
  int differ = 0;
  for (const StepEvent& step : steps) {
    ASSERT_TRUE(step.rank0_loss);
    EXPECT_NEAR(*step.rank0_loss, step.train_loss, 0.5 * step.train_loss);
    differ += *step.rank0_loss != step.train_loss;
  }
  EXPECT_EQ(differ, static_cast<int>(steps.size()));
}

// Each technique of training reaches the exported weights.
TEST_P(TrainerOf, SwitchingATechniqueOffChangesTheWeights) {
  const Config config = short_training(GetParam(), 2);
  const std::vector<float> with = TrainFixture(config).train();
  int tested = 0;
  for (const Technique& technique : techniques()) {
    const bool tokenisation = technique.key == "data.caseops";  // another text: tests/engine/data/caseops_test.cc
    if (technique.kind != TechniqueKind::training || tokenisation || !uses(config, technique)) continue;
    Config without = config;
    switch_off(without, technique);
    if (technique.key == "average.ema_decay") without.average.swa = SwaKind::none;  // which averages the EMA
    const bool change = TrainFixture(without).train() != with;
    // SWA of PR 754 is collected and never exported.
    const bool unused = technique.key == "average.swa" && config.average.export_weights != Export::swa;
    EXPECT_EQ(change, !unused) << technique.name << " of PR " << GetParam();
    ++tested;
  }
  EXPECT_GE(tested, 3);
}

INSTANTIATE_TEST_SUITE_P(Submissions, TrainerOf, testing::ValuesIn(kSubmissions),
                         [](const auto& info) { return std::string("Pr") + info.param; });

TEST(Trainer, RoundingReachesTheWeightsWhereItIsAskedFor) {
  for (const char* pr : {"754", "849"}) {
    const Config as_run = short_training(pr), rounded = with_late_qat(as_run);
    TrainFixture fixture(rounded);
    EXPECT_NE(fixture.train(), TrainFixture(as_run).train()) << pr;
    const auto steps = fixture.steps();
    EXPECT_EQ(std::ranges::count(steps.front().switches, "qat"), 0) << pr;
    EXPECT_EQ(std::ranges::count(steps.back().switches, "qat"), 1) << pr;
  }
}

TEST(Trainer, TheSeedDecidesTheWeights) {
  const Config config = short_training("334");
  const std::vector<float> three = TrainFixture(config, 3).train();
  EXPECT_EQ(TrainFixture(config, 3).train(), three);
  EXPECT_GT(relative_error(TrainFixture(config, 4).train(), three), 0.1);
}

TEST(Trainer, TheClockEndsTrainingAfterTheStepThatCrossesIt) {
  Config config = short_training("334");
  config.train.iterations = 1'000'000;
  config.train.max_wallclock_seconds = 0.3;
  TrainFixture fixture(config);
  fixture.train();
  const auto steps = fixture.steps();
  ASSERT_GT(steps.size(), 1U);
  EXPECT_GE(steps.back().elapsed_ms, 300);
  EXPECT_LT(steps[steps.size() - 2].elapsed_ms, 300);
}

TEST(Trainer, ALossThatIsNotFiniteEndsItInOneLineAndIsRecorded) {
  Config config = short_training("334");
  config.muon.lr = config.adam.tok_lr = config.adam.scalar_lr = 1e30;
  TrainFixture fixture(config);
  const std::string text = error_of(ErrorKind::submission, [&] { fixture.train(); });
  EXPECT_NE(text.find("the training loss is"), std::string::npos) << text;
  EXPECT_NE(text.find("lower muon.lr"), std::string::npos) << text;
  ASSERT_FALSE(fixture.steps().empty());
  EXPECT_FALSE(std::isfinite(fixture.steps().back().train_loss));
  EXPECT_FALSE(std::filesystem::exists(fixture.options().checkpoint));
}

TEST(Trainer, TextOfALargerVocabularyIsRefusedInOneLine) {
  Config config = short_training("334");
  TrainFixture fixture(config);
  std::vector<uint16_t> tokens = learnable_tokens(config, 4000, 1);
  tokens[1234] = static_cast<uint16_t>(config.model.vocab_size);
  write_shard(fixture.options().data_dir / "train/fineweb_train_000001.bin", tokens);
  const std::string text = error_of(ErrorKind::submission, [&] { fixture.train(); });
  EXPECT_NE(text.find("fineweb_train_000001.bin"), std::string::npos) << text;
}

}  // namespace
}  // namespace pgolf
