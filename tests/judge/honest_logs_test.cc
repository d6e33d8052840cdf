// What honest logs print alike, leave open or time elsewhere convicts nobody; what false ones print does.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>

#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

class HonestLogs : public JudgeClaimsTest {};

TEST_F(HonestLogs, TimesOfAnotherMachineLeaveTheQuestionOpen) {
  auto s = submission(849);
  for (auto& claim : s.claims) {
    claim.train_ms = 900'000, claim.world_size = 1;
    for (auto& eval : claim.evals) eval.eval_ms = 900'000;
  }
  const auto all = judge_claims(s, {}, rules());
  for (const char* rule : {"train_time", "eval_time"})
    for (const auto reading : {Reading::strict, Reading::practice}) {
      const Verdict v = verdict(all, rule, reading, s.claims[0].source);
      EXPECT_EQ(v.status, Status::unknown) << rule;
      EXPECT_THAT(v.reason, HasSubstr("of 1 processes, which says nothing about 8"));
    }
}

TEST_F(HonestLogs, PrintRoundingOfTimesIsLeftOpen) {
  auto s = submission(849);
  auto& claim = s.claims[0];
  const auto of = [&](Reading reading) {
    return verdict(judge_claims(s, {}, rules()), "train_time", reading, claim.source);
  };
  claim.train_ms = 599'700, claim.calibration_ms = 7'000, claim.open_ms = 500;  // "7s"; practice lets 606.6 s pass
  EXPECT_EQ(of(Reading::practice).status, Status::unknown);
  claim.open_ms = 50;  // "7.0s"
  EXPECT_EQ(of(Reading::practice).status, Status::fail);
  claim.train_ms = 600'000, claim.calibration_ms = 0, claim.open_ms = 3'000;  // "10.0m"
  EXPECT_EQ(of(Reading::strict).status, Status::unknown);
  EXPECT_THAT(of(Reading::strict).reason, HasSubstr("print rounding leaves 3.000 s open either way"));
}

TEST_F(HonestLogs, ATotalOfEvaluationCountsWhereItIsMore) {
  auto s = submission(849);
  auto& claim = s.claims[0];
  for (auto& eval : claim.evals) eval.eval_ms = 100'000;
  claim.total_eval_ms = 900'000;
  const Verdict v = verdict(judge_claims(s, {}, rules()), "eval_time", Reading::strict, claim.source);
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_EQ(v.observed, 900'000);
}

TEST_F(HonestLogs, TheMachineOfTheRuleIsReadByCountAndName) {
  auto s = submission(849);
  for (auto& claim : s.claims) claim.world_size = 8;
  const auto passes = [&](const char* hardware) {
    s.hardware = hardware;
    return verdict(judge_claims(s, {}, rules()), "hardware", Reading::strict, s.claims[0].source).status ==
           Status::pass;
  };
  for (const char* same : {"8x H100 80GB SXM", "8xh100 sxm", "8 x NVIDIA H100 80GB HBM3", "8xH100"})
    EXPECT_TRUE(passes(same)) << same;
  for (const char* other : {"", "8x A100 (no H100 to be had)", "1x H100", "8x H100 PCIE", "8x H100 NVL", "18x H100"})
    EXPECT_FALSE(passes(other)) << other;
}

// #1282 prints 151,080,363 bytes in one pass and 151,079,963 in another.
TEST_F(HonestLogs, AnotherEndOfTheStreamIsAReservation) {
  auto s = submission(849);
  const auto pair = [](const char* name, int64_t bytes) {
    ClaimedEval e;
    e.name = name, e.method = "sliding";
    const double loss = 2.0, bpb = loss * 62021632 / (std::log(2.0) * static_cast<double>(bytes));
    e.val_loss = fmt::format("{:.8f}", loss), e.val_bpb = fmt::format("{:.8f}", bpb), e.targets = 62021632;
    return e;
  };
  for (auto& claim : s.claims)
    claim.evals = {pair("roundtrip", 151'080'363), pair("sliding", 151'080'363), pair("ttt", 151'079'963)};
  s.headline.eval = "ttt";
  const auto status = [&](Reading reading) {
    return verdict(judge_claims(s, {}, rules()), "byte_count", reading, s.claims[0].source).status;
  };
  EXPECT_EQ(status(Reading::strict), Status::warn);
  EXPECT_EQ(status(Reading::practice), Status::warn);
  for (auto& claim : s.claims) claim.evals.back() = pair("ttt", 151'060'363);
  EXPECT_EQ(status(Reading::practice), Status::fail);
  s.headline.eval = "sliding";
  EXPECT_EQ(status(Reading::strict), Status::fail);
  EXPECT_EQ(status(Reading::practice), Status::warn);
}

}  // namespace
}  // namespace pgolf
