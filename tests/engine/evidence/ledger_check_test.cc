#include "engine/evidence/ledger_check.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "tests/engine/evidence/ledger_story.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

void expect_legal(const LedgerCheck& check) {
  EXPECT_EQ(check.unscored, 0) << check.first_unscored.value_or(LedgerFinding{}).what;
  EXPECT_EQ(check.concurrent, 0) << check.first_concurrent.value_or(LedgerFinding{}).what;
  EXPECT_EQ(check.discarded, 0);
  EXPECT_EQ(check.leaked, 0) << check.first_leaked.value_or(LedgerFinding{}).what;
  EXPECT_EQ(check.repeated, 0) << check.first_repeated.value_or(LedgerFinding{}).what;
  EXPECT_EQ(check.missing, 0) << check.first_missing.value_or(LedgerFinding{}).what;
}

TEST(LedgerCheck, PlainScoringIsLegal) {
  const auto check = Story("sliding", 1000).score({{0, 1000}}).check();
  expect_legal(check);
  EXPECT_EQ(check.scored, 1000);
}

// PR 334: three epochs over everything, then the sliding pass.
TEST(LedgerCheck, TrainingOnEverythingBeforeScoringIsFound) {
  const auto check = Story("sliding", 62'021'632)
                         .update("model", {{0, 62'021'632}, {0, 62'021'632}, {0, 62'021'632}})
                         .score({{0, 62'021'632}})
                         .check();
  EXPECT_EQ(check.unscored, 3 * 62'021'632LL);
  EXPECT_EQ(check.leaked, 62'021'632);
  EXPECT_EQ(check.repeated, 0);
  EXPECT_EQ(check.missing, 0);
  EXPECT_EQ(check.first_unscored->line, 2);
  EXPECT_EQ(check.first_unscored->what,
            "line 2: rank 0 updates 'model' on targets [0, 62021632), which pass 'sliding' had not scored yet");
  EXPECT_EQ(check.first_leaked->line, 3);
}

// PR 754 and 849: chunks of 32,768 targets, windows shared out over 8 ranks, every rank trains after a barrier.
Story chunked(int64_t targets, int64_t chunk, int ranks, bool barrier = true) {
  Story story("ttt", targets, ranks);
  for (int64_t begin = 0; begin < targets; begin += chunk) {
    const int64_t end = std::min(begin + chunk, targets), share = (end - begin) / ranks;
    for (int r = 0; r < ranks; ++r) {
      const int64_t from = begin + r * share, to = r + 1 == ranks ? end : from + share;
      story.score({{from, to}}, {"model", "mixer:r" + std::to_string(r)}, r);
    }
    if (barrier) story.sync();
    if (end == targets) break;
    for (int r = 0; r < ranks; ++r) {
      story.update("mixer:r" + std::to_string(r), {{begin, end}}, r);
      story.update("model", {{begin + r * share, begin + (r + 1) * share}}, r);
    }
    story.sync();
  }
  return story;
}

TEST(LedgerCheck, ChunkedScoreFirstIsLegal) {
  const auto check = chunked(1'000'000, 32'768, 8).check();
  expect_legal(check);
  EXPECT_EQ(check.scored, 1'000'000);
  EXPECT_EQ(check.scores, 31 * 8);
}

TEST(LedgerCheck, ChunkedWithoutTheBarrierHasNoOrderBetweenRanks) {
  const auto check = chunked(100'000, 10'000, 8, false).check();
  EXPECT_EQ(check.unscored, 0);
  EXPECT_EQ(check.concurrent, 9 * 8 * (10'000 - 1'250));  // each rank's mixer saw the other seven shares
  EXPECT_EQ(check.leaked, 0);
  EXPECT_EQ(
      check.first_concurrent->what,
      "line 10: rank 0 updates 'mixer:r0' on targets [1250, 2500), which another rank scored with no SYNC between");
}

// 849's windows score the last 64 targets 32 times.
TEST(LedgerCheck, TheTailScoredAgainIsCounted) {
  Story story("ttt", 4096);
  story.score({{0, 4032}});
  for (int i = 0; i < 32; ++i) story.score({{4032, 4096}});
  const auto check = story.check();
  EXPECT_EQ(check.repeated, 31 * 64);
  EXPECT_EQ(check.missing, 0);
  EXPECT_EQ(check.first_repeated->line, 4);
  EXPECT_EQ(check.first_repeated->targets, (TargetRange{4032, 4096}));
}

// 754's plain sliding pass leaves out targets 64 to 2047.
TEST(LedgerCheck, TargetsNeverScoredAreNamed) {
  const auto check = Story("sliding", 10'000).score({{0, 64}, {2048, 10'000}}).check();
  EXPECT_EQ(check.missing, 1984);
  EXPECT_EQ(check.first_missing->what, "pass 'sliding' never scores targets [64, 2048)");
}

// PR 2097 and 2143: groups of documents by length over 8 ranks, adapters per rank, global SGD behind a barrier.
Story phased(int ranks, bool barrier, bool reset) {
  constexpr int64_t kDocuments = 256, kLength = 100, kChunk = 48;
  Story story("ttt", kDocuments * kLength, ranks);
  for (int phase = 0; phase < 2; ++phase) {
    TargetRanges done;
    for (int64_t d = phase * 128; d < phase * 128 + 128; ++d) {
      const int r = static_cast<int>(d % ranks);
      const std::string lora = "lora:r" + std::to_string(r);
      if (reset) story.reset(lora, r);
      const int64_t document = kDocuments - 1 - d;  // the longest first is not the order of the stream
      for (int64_t at = 0; at < kLength; at += kChunk) {
        const TargetRange chunk{document * kLength + at, document * kLength + std::min(at + kChunk, kLength)};
        story.score({chunk}, {"model", lora}, r);
        if (chunk.end % kLength) story.update(lora, {chunk}, r, {"model"});
      }
      done.push_back({document * kLength, (document + 1) * kLength});
    }
    if (phase == 1) break;
    if (barrier) story.sync();
    for (int r = 0; r < ranks; ++r) story.update("model", done, r);
    story.sync();
  }
  return story;
}

TEST(LedgerCheck, PhasedLoraIsLegal) {
  const auto check = phased(8, true, true).check();
  expect_legal(check);
  EXPECT_EQ(check.scored, 25'600);
  EXPECT_EQ(check.resets, 256);
}

TEST(LedgerCheck, PhasedLoraWithoutABarrierHasNoOrder) {
  const auto check = phased(8, false, true).check();
  EXPECT_EQ(check.unscored, 0);
  EXPECT_EQ(check.concurrent, 8 * 12'800 * 7 / 8);
  EXPECT_THAT(check.first_concurrent->what, HasSubstr("no SYNC between"));
}

TEST(LedgerCheck, AnAdapterThatKeepsItsStateOverScoredDocumentsIsLegal) {
  expect_legal(phased(8, true, false).check());
}

TEST(LedgerCheck, AStateThatSawATargetThroughAnotherStateLeaks) {
  const auto check =
      Story("ttt", 100).update("cache", {{50, 60}}).update("model", {{0, 0}}, 0, {"cache"}).score({{0, 100}}).check();
  EXPECT_EQ(check.leaked, 10);
  EXPECT_EQ(check.unscored, 10);
  EXPECT_EQ(check.first_leaked->targets, (TargetRange{50, 60}));
  EXPECT_THAT(check.first_leaked->what, HasSubstr("line 4: rank 0 scores targets [50, 60) with state 'model'"));
}

TEST(LedgerCheck, AWarmUpThatIsResetIsToldApart) {
  const auto check =
      Story("ttt", 100).update("lora", {{0, 48}}).reset("lora").score({{0, 100}}, {"model", "lora"}).check();
  EXPECT_EQ(check.discarded, 48);
  EXPECT_EQ(check.unscored, 0);
  EXPECT_EQ(check.leaked, 0);
}

TEST(LedgerCheck, AWarmUpThatIsNotResetIsNot) {
  const auto check = Story("ttt", 100).update("lora", {{0, 48}}).score({{0, 100}}, {"model", "lora"}).check();
  EXPECT_EQ(check.discarded, 0);
  EXPECT_EQ(check.unscored, 48);
  EXPECT_EQ(check.leaked, 48);
}

TEST(LedgerCheck, ScoreTrainRescoreIsFoundTwice) {
  const auto check = Story("ttt", 100).score({{0, 100}}).update("model", {{0, 100}}).score({{0, 100}}).check();
  EXPECT_EQ(check.repeated, 100);
  EXPECT_EQ(check.leaked, 100);
  EXPECT_EQ(check.unscored, 0);
}

TEST(LedgerCheck, DiagnosticPassesLicenseNoUpdate) {
  const auto check =
      Story("ttt", 100).score_pass("live", {{0, 100}}).update("model", {{0, 100}}).score({{0, 100}}).check();
  EXPECT_EQ(check.unscored, 100);
  EXPECT_EQ(check.leaked, 100);
  EXPECT_EQ(check.pass_targets.at("live"), 100);
}

TEST(LedgerCheck, DiagnosticPassesMayComeAfterwards) {
  expect_legal(Story("ttt", 100).score({{0, 100}}).update("model", {{0, 100}}).score_pass("again", {{0, 100}}).check());
}

TEST(LedgerCheck, TwoRanksRacingOnOneStateLeak) {
  const auto check = Story("ttt", 100, 2).score({{0, 100}}, {"model"}, 0).update("model", {{0, 50}}, 1).sync().check();
  EXPECT_EQ(check.leaked, 50);
  EXPECT_THAT(check.first_leaked->what,
              HasSubstr("line 2: rank 0 scores targets [0, 50) with state 'model', which another rank may"));
}

TEST(LedgerCheck, AnEmptyLedgerMissesEverything) {
  EXPECT_EQ(Story("ttt", 100).check().missing, 100);
  expect_legal(Story("ttt", 0).check());
}

// M8 of the review: the state that rank 0 scores with is fitted by rank 1 by way of another, and no SYNC is between.
TEST(LedgerCheck, StateThatMovesToAnotherRankWithoutASyncLeaks) {
  for (const bool disguised : {false, true}) {
    Story story("ttt", 100, 3);
    story.score({{0, 100}}, {"b"}, 0).update("a", {{0, 50}}, 1);
    if (disguised)
      story.update("c", {}, 2, {"a"}).update("b", {}, 1, {"c"});
    else
      story.update("b", {}, 1, {"a"});
    const auto check = story.sync().check();
    EXPECT_EQ(check.leaked, 50) << disguised;
    EXPECT_THAT(check.first_leaked->what, HasSubstr("line 2: rank 0 scores targets [0, 50) with state 'b', which "
                                                    "another rank may have fitted to them meanwhile"));
  }
}

TEST(LedgerCheck, StateThatMovesBehindASyncIsLegal) {
  expect_legal(Story("ttt", 100, 2)
                   .score({{0, 100}}, {"b"}, 0)
                   .sync()
                   .update("a", {{0, 50}}, 1)
                   .update("b", {}, 1, {"a"})
                   .sync()
                   .check());
}

// The RESET may have come before the UPDATE that it is to undo, and after the score that it is to save.
TEST(LedgerCheck, ARankIsNotSavedByAnothersReset) {
  const auto raced = Story("ttt", 100, 2).update("b", {{0, 50}}, 0).reset("b", 1).score({{0, 100}}, {"b"}, 0).check();
  EXPECT_EQ(raced.leaked, 50);
  EXPECT_EQ(raced.unscored, 50);
  EXPECT_EQ(raced.discarded, 0);
  const auto after =
      Story("ttt", 100, 2).update("b", {{0, 50}}, 0).reset("b", 1).sync().score({{0, 100}}, {"b"}, 0).check();
  EXPECT_EQ(after.leaked, 50);
  const auto late =
      Story("ttt", 100, 2).update("b", {{0, 50}}, 0).sync().reset("b", 1).score({{0, 100}}, {"b"}, 0).check();
  EXPECT_EQ(late.leaked, 50);
  EXPECT_EQ(late.unscored, 50);
}

TEST(LedgerCheck, AnothersResetBetweenTwoSyncsIsAReset) {
  const auto check =
      Story("ttt", 100, 2).update("b", {{0, 50}}, 0).sync().reset("b", 1).sync().score({{0, 100}}, {"b"}, 0).check();
  EXPECT_EQ(check.leaked, 0);
  EXPECT_EQ(check.discarded, 50);
}

TEST(LedgerCheck, MemoryOfManyRangesIsBounded) {
  LedgerChecker checker({"ttt", int64_t{1} << 40, 1});
  LedgerRecord record{LedgerOp::score, 0, 0, "ttt", {"model"}, {}};
  const auto feed = [&] {
    for (int64_t at = 0; at < 4000; ++at) {
      record.targets.clear();
      for (int64_t i = 0; i < 1024; ++i) record.targets.push_back({2 * (at * 1024 + i), 2 * (at * 1024 + i) + 1});
      ++record.line, checker.add(record);
    }
  };
  EXPECT_THROW(feed(), Error);
}

}  // namespace
}  // namespace pgolf
