// The rule of docs/judging.md, with the claims of PR 754 (three seeds), 849 (one) and 334 (of other weights).
#include "judge/reproduction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

struct Seed {
  int64_t seed;
  const char* val_bpb;
};
const std::vector<Seed> kThree = {{1337, "1.12171486"}, {42, "1.12134084"}, {2024, "1.12154743"}};

constexpr RecordMargin kMargin{0.005, 0.01};
constexpr double kBytesPerTarget = 2.4359;  // 1.89396354 / (ln 2 * 1.12171486)

RunRecord record(const std::vector<Seed>& seeds, int64_t seed, double val_bpb, const std::string& eval = "ttt") {
  Json submission;
  submission["headline"] = {{"eval", eval}, {"val_bpb", "1.12"}};
  submission["claims"] = Json::array();
  for (const Seed& s : seeds)
    submission["claims"].push_back({{"source", "train.log"},
                                    {"seed", s.seed},
                                    {"steps", 6759},
                                    {"val_targets", 62021632},
                                    {"evals", {{{"name", eval}, {"val_bpb", s.val_bpb}}}}});
  // A later file that says something else of a seed does not count.
  submission["claims"].push_back({{"source", "README.md"},
                                  {"seed", seeds.empty() ? 1337 : seeds.front().seed},
                                  {"evals", {{{"name", eval}, {"val_bpb", "9.0"}}}}});
  RunRecord r;
  r.submission.id = "pr-754";
  r.submission.document = submission.dump();
  r.pinned.profile = "record", r.pinned.as_run = true, r.pinned.seed = seed;
  r.pinned.document = R"({"config":{"train":{"max_wallclock_seconds":600.0}}})";
  r.metrics = {{"val_bpb", val_bpb},
               {"val_loss", val_bpb * 0.69314718 * kBytesPerTarget},
               {"val_bpb_ttt", val_bpb},
               {"val_targets", 62021632},
               {"steps", 6750}};
  return r;
}

TEST(Reproduction, WithinTheMarginIsReproduced) {
  const Reproduction r = reproduction_of(record(kThree, 1337, 1.1240), kMargin);
  EXPECT_EQ(r.outcome, Reproduced::yes) << r.reason;
  EXPECT_NEAR(*r.claimed, 1.12171486, 1e-12);  // of its own seed
  EXPECT_NEAR(*r.difference, 0.00228514, 1e-12);
  EXPECT_NEAR(*r.margin, 0.0029613, 1e-6);  // 0.005 / (ln 2 * 2.4359)
  EXPECT_EQ(r.claimed_seeds, 3);
  // t(0.995, 2) = 9.9248; sd of the three = 0.00018735; of two draws.
  EXPECT_NEAR(*r.spread, 9.924843 * 0.00018735136 * 1.41421356, 1e-7);
}

// The published clock gives the claimed steps, so the number alone decides.
TEST(Reproduction, OnThePublishedClockTheNumberDecides) {
  for (const auto& [bpb, outcome] : {std::pair(1.1240, Reproduced::yes), std::pair(1.2, Reproduced::no)}) {
    RunRecord r = record(kThree, 1337, bpb);
    r.metrics["steps"] = 845;  // as an eighth of the steps would be
    EXPECT_EQ(reproduction_of(r, kMargin).outcome, outcome == Reproduced::no ? Reproduced::inconclusive : outcome);
    r.environment = {{"clock", "published"}, {"clock_log", "train.log"}};
    EXPECT_EQ(reproduction_of(r, kMargin).outcome, outcome) << reproduction_of(r, kMargin).reason;
    EXPECT_THAT(reproduction_of(r, kMargin).reason, HasSubstr("(1.1217), as run on the published clock"));
  }
}

TEST(Reproduction, AnotherSeedIsComparedWithTheMean) {
  const Reproduction r = reproduction_of(record(kThree, 7, 1.1220), kMargin);
  EXPECT_EQ(r.outcome, Reproduced::yes) << r.reason;
  EXPECT_NEAR(*r.claimed, (1.12171486 + 1.12134084 + 1.12154743) / 3, 1e-12);
  EXPECT_NEAR(*r.spread, 9.924843 * 0.00018735136 * 1.15470054, 1e-7);
  EXPECT_THAT(r.reason, HasSubstr("the mean of 3 claimed seeds"));
}

TEST(Reproduction, BeyondMarginAndSpreadIsNot) {
  for (const double val_bpb : {1.1250, 1.1180}) {  // worse and better alike
    const Reproduction r = reproduction_of(record(kThree, 1337, val_bpb), kMargin);
    EXPECT_EQ(r.outcome, Reproduced::no) << r.reason;
    EXPECT_STREQ(reproduced_name(r.outcome), "not reproduced");
  }
}

TEST(Reproduction, SeedsThatSpreadWidelyLeaveItOpen) {
  const Reproduction r = reproduction_of(record({{1, "1.120"}, {2, "1.122"}, {3, "1.124"}}, 9, 1.1280), kMargin);
  EXPECT_EQ(r.outcome, Reproduced::inconclusive);
  EXPECT_THAT(r.reason, HasSubstr("run more seeds"));
  EXPECT_NEAR(*r.spread, 9.924843 * 0.002 * 1.15470054, 1e-6);
}

TEST(Reproduction, OneClaimHasTheMarginAlone) {
  EXPECT_EQ(reproduction_of(record({{1337, "1.11051607"}}, 1337, 1.1130), kMargin).outcome, Reproduced::yes);
  const Reproduction r = reproduction_of(record({{1337, "1.11051607"}}, 1337, 1.1142), kMargin);
  EXPECT_EQ(r.outcome, Reproduced::no);
  EXPECT_FALSE(r.spread);
  EXPECT_THAT(r.reason, HasSubstr("one claimed seed shows no spread"));
}

TEST(Reproduction, TheRulesetSetsTheMargin) {
  const RunRecord r = record({{1337, "1.11051607"}}, 1337, 1.1142);  // 0.00368 bpb off
  EXPECT_NEAR(*reproduction_of(r, kMargin).margin, 0.00296, 1e-5);
  EXPECT_EQ(reproduction_of(r, kMargin).outcome, Reproduced::no);
  const Reproduction wide = reproduction_of(r, RecordMargin{0.01, 0.01});
  EXPECT_EQ(wide.outcome, Reproduced::yes);
  EXPECT_NEAR(*wide.margin, 0.00592, 1e-5);
  EXPECT_THAT(wide.reason, HasSubstr("(0.01 nats per token)"));
  const RunRecord three = record({{1, "1.120"}, {2, "1.122"}, {3, "1.124"}}, 9, 1.1280);
  EXPECT_GT(*reproduction_of(three, kMargin).spread, 2 * *reproduction_of(three, RecordMargin{0.005, 0.1}).spread);
  const Reproduction none = reproduction_of(r, std::nullopt);
  EXPECT_EQ(none.outcome, Reproduced::inconclusive);
  EXPECT_THAT(none.reason, HasSubstr("no rule record_margin"));
}

TEST(Reproduction, AnotherTrainingSaysNothingUnlessItAgrees) {
  RunRecord slow = record(kThree, 1337, 1.1400);
  slow.metrics["steps"] = 3000;
  const Reproduction r = reproduction_of(slow, kMargin);
  EXPECT_EQ(r.outcome, Reproduced::inconclusive);
  EXPECT_THAT(r.reason, HasSubstr("3000 steps where 6759 are claimed"));
  RunRecord agrees = record(kThree, 1337, 1.1220);
  agrees.metrics["steps"] = 3000;
  EXPECT_EQ(reproduction_of(agrees, kMargin).outcome, Reproduced::yes);
}

TEST(Reproduction, WhatIsNotTheSubmissionOnTheSameDataIsInconclusive) {
  const auto reason = [](const std::function<void(RunRecord&)>& change) {
    RunRecord r = record(kThree, 1337, 1.1217);
    change(r);
    const Reproduction found = reproduction_of(r, kMargin);
    EXPECT_EQ(found.outcome, Reproduced::inconclusive);
    return found.reason;
  };
  EXPECT_THAT(reason([](RunRecord& r) { r.pinned.profile = "demo", r.pinned.as_run = false; }),
              HasSubstr("profile demo is a scaling"));
  EXPECT_THAT(reason([](RunRecord& r) { r.pinned.as_run = false; }), HasSubstr("changed on the command line"));
  EXPECT_THAT(reason([](RunRecord& r) { r.replay = ReplayRow{"b", "a", "", ""}; }), HasSubstr("repeats run a"));
  EXPECT_THAT(reason([](RunRecord& r) {
                r.environment["engine_built_sha256"] = "aa";
                PhaseRow phase;
                phase.name = "eval", phase.document = R"({"engine_sha256":"bb"})";
                r.phases = {phase};
              }),
              HasSubstr("another engine"));
  EXPECT_THAT(reason([](RunRecord& r) {
                r.judgement = JudgementRow{};
                r.judgement->verdicts = {{"validation_set", "strict", "unknown", "{}"}};
              }),
              HasSubstr("not known to be the challenge's validation set"));
  EXPECT_THAT(reason([](RunRecord& r) {
                r.judgement = JudgementRow{};
                r.judgement->verdicts = {
                    {"training_extent", "strict", "warn", R"({"reason":"10 shards here, the submission had 80"})"}};
              }),
              HasSubstr("trained on other data than the submission: 10 shards here, the submission had 80"));
  EXPECT_THAT(reason([](RunRecord& r) { r.metrics["val_targets"] = 1000; }), HasSubstr("1000 targets"));
  EXPECT_THAT(reason([](RunRecord& r) { r.metrics.erase("val_bpb_ttt"); }), HasSubstr("no pass of this run scored"));
  EXPECT_THAT(reason([](RunRecord& r) { r.metrics.clear(); }), HasSubstr("no result"));
  EXPECT_THAT(reproduction_of(record(kThree, 1337, 1.1217, "live"), kMargin).reason, HasSubstr("'live'"));
  EXPECT_THAT(reproduction_of(record({}, 1337, 1.1217), kMargin).reason,
              HasSubstr("does not say how many targets"));  // README
}

}  // namespace
}  // namespace pgolf
