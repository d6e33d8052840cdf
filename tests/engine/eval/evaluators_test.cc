// Evaluators on tiny models: what their ledgers say, what ranks and options change, and that probing changes nothing.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/eval/ttt_before_scoring.h"
#include "engine/eval/ttt_chunked.h"
#include "engine/eval/ttt_phased_lora.h"
#include "tests/engine/eval/tiny.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

ScoreSum evaluate(EvalFixture& fixture) {
  EvalRun& run = fixture.run();
  switch (run.config.ttt.kind) {
    case TttKind::chunked: return ttt_chunked(run, headline_info());
    case TttKind::phased_lora: return ttt_phased_lora(run, headline_info());
    case TttKind::before_scoring: return ttt_before_scoring(run), score_sliding(run, headline_info());
    case TttKind::none: break;
  }
  return score_plain(run, headline_info());
}

struct Case {
  std::string pr;
  int64_t world;
};

class ScoreFirst : public testing::TestWithParam<Case> {};

// PR 754, 2143 and 2097, whatever the number of ranks: every target is scored before anything is fitted to it.
TEST_P(ScoreFirst, LedgerHoldsTheOrder) {
  const auto& [pr, world] = GetParam();
  const auto fixture = tiny_fixture(tiny_config(pr, world));
  const int64_t targets = fixture->val().num_targets();
  const ScoreSum sum = evaluate(*fixture);
  const LedgerCheck check = fixture->check();
  EXPECT_GT(check.updated, targets / 2);
  EXPECT_EQ(check.unscored, 0) << (check.first_unscored ? check.first_unscored->what : "");
  EXPECT_EQ(check.concurrent, 0) << (check.first_concurrent ? check.first_concurrent->what : "");
  EXPECT_EQ(check.discarded, 0);
  EXPECT_EQ(check.leaked, 0) << (check.first_leaked ? check.first_leaked->what : "");
  EXPECT_EQ(check.missing, 0);
  const int64_t windows_on_the_last = fixture->run().config.eval.seq_len / fixture->run().config.eval.stride;
  EXPECT_EQ(check.repeated, pr == "754" ? 4 * (windows_on_the_last - 1) : 0);
  EXPECT_EQ(check.pass_targets.at(kTtt), sum.targets);
}

INSTANTIATE_TEST_SUITE_P(Ranks, ScoreFirst,
                         testing::Values(Case{"754", 1}, Case{"754", 3}, Case{"754", 8}, Case{"2143", 1},
                                         Case{"2143", 3}, Case{"2143", 8}, Case{"2097", 1}, Case{"2097", 3},
                                         Case{"2097", 8}),
                         [](const auto& info) { return info.param.pr + "_" + std::to_string(info.param.world); });

TEST(Ledger334, SaysThatTrainingCameFirst) {
  const auto fixture = tiny_fixture(tiny_config("334", 1));
  evaluate(*fixture);
  const LedgerCheck check = fixture->check();
  const int64_t targets = fixture->val().num_targets();
  EXPECT_EQ(check.unscored, 3 * targets);  // three epochs
  EXPECT_EQ(check.leaked, targets);
  EXPECT_EQ(check.missing, 0);
}

TEST(Ledger849, MixersOfSeveralRanksUseWhatOthersAreStillScoring) {
  Config config = tiny_config("849", 1);
  auto fixture = tiny_fixture(config);
  evaluate(*fixture);
  LedgerCheck check = fixture->check();
  EXPECT_EQ(check.unscored, 0);
  EXPECT_EQ(check.concurrent, 0);
  EXPECT_EQ(check.repeated, 12);
  EXPECT_GT(check.leaked, 0);  // the mixer had learned from the last targets when they were scored again
  EXPECT_LE(check.leaked, check.repeated);

  config.train.world_size = 3;
  config.train.batch_tokens = 48;
  fixture = tiny_fixture(config);
  evaluate(*fixture);
  check = fixture->check();
  EXPECT_EQ(check.unscored, 0);
  EXPECT_GT(check.concurrent, 0);
}

TEST(Chunked, LastChunkIsNotTrainedOn) {
  const auto fixture = tiny_fixture(tiny_config("754", 1));
  evaluate(*fixture);
  const int64_t chunk = fixture->run().config.ttt.chunk_tokens, targets = fixture->val().num_targets();
  const int64_t last = (targets - 1) / chunk * chunk;
  const LedgerCheck check = fixture->check();
  EXPECT_EQ(check.updated, 3 * last);  // three epochs over every whole chunk but the last
}

// Equal shares: the mean of the ranks' gradients is the gradient of all rows.
TEST(Chunked, RanksWithEqualSharesTrainLikeOneWithAllRows) {
  Config config = tiny_config("754", 1);
  config.ttt.qat = false;
  config.ttt.batch_seqs = 8;  // all rows of a chunk of 128
  const auto one = tiny_fixture(config);
  const double loss = evaluate(*one).score().val_loss;
  config.train.world_size = 4;
  config.train.batch_tokens = 64;
  const auto four = tiny_fixture(config);
  EXPECT_NEAR(evaluate(*four).score().val_loss, loss, 1e-6);
  EXPECT_LT(relative_error(weights_of(*four), weights_of(*one)), 1e-6);
}

TEST(Chunked, TimeLimitEndsTrainingAndIsRecorded) {
  Config config = tiny_config("754", 1);
  config.ttt.time_limit_seconds = 1e-9;
  const auto fixture = tiny_fixture(config);
  const std::vector<float> before = weights_of(*fixture);
  evaluate(*fixture);
  EXPECT_EQ(weights_of(*fixture), before);
  EXPECT_EQ(fixture->check().updates, 0);
  const auto warnings = fixture->events_of<WarningEvent>();
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_NE(warnings[0].text.find("after chunk 1 of"), std::string::npos) << warnings[0].text;
}

TEST(Chunked, AReplayStopsWhereTheClockDid) {
  Config config = tiny_config("754", 1);
  config.ttt.time_limit_seconds = 1e9;
  const auto whole = tiny_fixture(config);
  evaluate(*whole);
  EXPECT_TRUE(whole->events_of<TimeoutEvent>().empty());

  const auto stopped = tiny_fixture(config);
  stopped->run().schedule = EvalSchedule{.ttt_chunks = 2};
  evaluate(*stopped);
  const auto timeouts = stopped->events_of<TimeoutEvent>();
  ASSERT_EQ(timeouts.size(), 1U);
  EXPECT_EQ(timeouts[0].name, "ttt");
  EXPECT_EQ(timeouts[0].done, 2);
  EXPECT_NE(weights_of(*stopped), weights_of(*whole));

  config.ttt.time_limit_seconds = 1e-9;  // that the clock of today is slower does not matter
  const auto again = tiny_fixture(config), all = tiny_fixture(config);
  again->run().schedule = EvalSchedule{.ttt_chunks = 2};
  evaluate(*again);
  EXPECT_EQ(weights_of(*again), weights_of(*stopped));
  all->run().schedule = EvalSchedule{};
  evaluate(*all);
  EXPECT_EQ(weights_of(*all), weights_of(*whole));
}

TEST(Chunked, ScoresComeFromTheAverageAndTrainingFromTheWeights) {
  Config config = tiny_config("849", 1);
  config.ttt.mixer = false;
  config.ttt.lr = 0.01;
  const auto score_with = [&](double decay, int64_t epochs) {
    config.ttt.polyak_decay = decay;
    config.ttt.epochs = epochs;
    const auto fixture = tiny_fixture(config);
    const double loss = evaluate(*fixture).score().val_loss;
    return std::pair(loss, weights_of(*fixture));
  };
  const auto untrained = score_with(0.0, 0), slow = score_with(0.9999999, 2), plain = score_with(0.0, 2);
  EXPECT_NEAR(slow.first, untrained.first, 1e-5);  // an average that hardly moves
  EXPECT_GT(std::abs(plain.first - untrained.first), 1e-3);
  EXPECT_LT(relative_error(slow.second, plain.second), 1e-7);
  EXPECT_GT(relative_error(slow.second, untrained.second), 1e-3);
}

TEST(Phased, RanksScoreEveryDocumentAndTrainTheBaseModel) {
  for (const int64_t world : {1, 4}) {
    const auto fixture = tiny_fixture(tiny_config("2097", world));
    const std::vector<float> before = weights_of(*fixture);
    const ScoreSum sum = evaluate(*fixture);
    EXPECT_EQ(sum.targets, fixture->val().num_targets());
    EXPECT_GT(relative_error(weights_of(*fixture), before), 1e-6) << world;
  }
}

TEST(Phased, AdaptersAloneLeaveTheBaseModelUntouched) {
  Config config = tiny_config("2143", 2);
  config.ttt.prefix_docs = 0;
  const auto fixture = tiny_fixture(config);
  const std::vector<float> before = weights_of(*fixture);
  evaluate(*fixture);
  EXPECT_EQ(weights_of(*fixture), before);
}

TEST(Phased, TextWithoutDocumentsIsRefusedInOneLine) {
  const Config config = tiny_config("2143", 1);
  ValidationData data{std::vector<int32_t>(100, 7), std::vector<uint16_t>(100, 1)};
  EvalFixture fixture(config, data, 1);
  const std::string text = error_of(ErrorKind::submission, [&] { evaluate(fixture); });
  EXPECT_NE(text.find("no token of the validation set is BOS (1)"), std::string::npos) << text;
}

// A pass that broke off is known by name, one that ended is in the log and the ledger before the next begins.
TEST(Scoring, APassTellsThatItBeganAndLeavesAllWhenItEnds) {
  const auto fixture = tiny_fixture(tiny_config("754", 1));
  const ScoreSum sum = score_sliding(fixture->run(), {.name = "sliding", .weights = "artifact"});
  const auto streams = fixture->events_of<StreamEvent>();
  ASSERT_GT(streams.size(), 1u);
  EXPECT_EQ(streams.front().name, "sliding");
  EXPECT_EQ(streams.front().targets, 0);
  EXPECT_EQ(streams.front().bytes, 0);
  EXPECT_EQ(fixture->events_of<ValidationEvent>().at(0).targets, sum.targets);
  EXPECT_EQ(fixture->check_so_far().pass_targets.at("sliding"), sum.targets);  // the ledger is open
}

TEST(Scoring, LossesThatAreNotFiniteAreRefusedInOneLine) {
  const auto fixture = tiny_fixture(tiny_config("754", 1));
  const Param& table = fixture->params().get("tok_emb.weight");
  fixture->set_param(table, std::vector<float>(static_cast<size_t>(table.master.numel()), NAN));
  const std::string text = error_of(ErrorKind::submission, [&] { score_plain(fixture->run(), headline_info()); });
  EXPECT_NE(text.find("the loss of validation target 0 is"), std::string::npos) << text;
}

}  // namespace
}  // namespace pgolf
