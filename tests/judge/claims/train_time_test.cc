// The time of training, as a publication states it.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, Pr334sTimeIsATrackQuestion) {
  const auto all = judge_claims(submission(334), {}, rules());
  EXPECT_EQ(verdict(all, "train_time", Reading::strict, "train.log").status, Status::fail);
  EXPECT_EQ(verdict(all, "train_time", Reading::strict, "train.log").observed, 6'400'210);
  EXPECT_EQ(verdict(all, "train_time", Reading::practice, "train.log").status, Status::pass);
  EXPECT_EQ(verdict(all, "eval_time", Reading::strict, "train.log").status, Status::unknown);
}

TEST_F(JudgeClaimsTest, Pr754EndsALittleLate) {
  const auto all = judge_claims(submission(754), {}, rules());
  const auto strict = verdict(all, "train_time", Reading::strict, "train_seed1337.log");
  EXPECT_EQ(strict.status, Status::fail);
  EXPECT_EQ(strict.observed, 600'062);
  const auto practice = verdict(all, "train_time", Reading::practice, "train_seed1337.log");
  EXPECT_EQ(practice.status, Status::warn);
  EXPECT_EQ(practice.reason, "loop 600.062 s: over by 0.062 s; a step took 0.089 s on average");
  EXPECT_EQ(verdict(all, "eval_time", Reading::strict, "train_seed1337.log").observed, 673'155);
  EXPECT_EQ(verdict(all, "eval_time", Reading::strict, "train_seed1337.log").status, Status::fail);
  EXPECT_EQ(verdict(all, "eval_time", Reading::practice, "train_seed1337.log").observed, 455'898);
}

TEST_F(JudgeClaimsTest, WhatNoLogPrintsIsNotNought) {
  auto s = submission(849);
  for (auto& claim : s.claims) claim.calibration_ms.reset(), claim.train_ms = 590'000;
  const auto all = judge_claims(s, {}, rules());
  const auto strict = verdict(all, "train_time", Reading::strict, s.claims[0].source);
  EXPECT_EQ(strict.status, Status::unknown);
  EXPECT_THAT(strict.reason, HasSubstr("no time of calibration on training data is printed"));
  EXPECT_EQ(verdict(all, "train_time", Reading::practice, s.claims[0].source).status, Status::warn);
}

// #174 ships the log of an evaluation alone, whose loop took 0 ms.
TEST_F(JudgeClaimsTest, ALoopOfNothingIsNoTraining) {
  auto s = submission(849);
  for (auto& claim : s.claims) claim.train_ms = 0, claim.steps = 0;
  const auto v = verdict(judge_claims(s, {}, rules()), "train_time", Reading::practice, s.claims[0].source);
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_EQ(v.reason, "no training time is printed");
}

}  // namespace
}  // namespace pgolf
