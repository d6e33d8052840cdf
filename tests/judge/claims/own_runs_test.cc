// Logs that lie beside those of the claimed runs.
#include "judge/claims/own_runs.h"

#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Claim log_claim(const std::string& source, std::optional<int64_t> seed, const std::string& bpb, int64_t train_ms) {
  Claim out;
  out.source = source, out.seed = seed, out.train_ms = train_ms, out.steps = train_ms / 100;
  ClaimedEval eval;
  eval.name = eval.method = "ttt", eval.val_bpb = bpb;
  out.evals.push_back(eval);
  return out;
}

Submission claiming(const std::string& bpb, std::vector<Claim> claims) {
  Submission out;
  out.id = "s", out.track = "10min_16mb";
  out.headline = {"submission.json", "ttt", "", bpb};
  out.claims = std::move(claims);
  return out;
}

Claim card_seed(int64_t seed, const std::string& bpb) {
  Claim out = log_claim("submission.json", seed, bpb, 0);
  out.train_ms.reset(), out.steps.reset();
  if (bpb.empty()) out.evals.clear();
  return out;
}

TEST(OwnRuns, AnAblationOfTheClaimedSeedIsAnotherRun) {
  const auto own = rules::own_runs(claiming("1.0810", {log_claim("train_seed42.log", 42, "1.08102345", 599'000),
                                                       log_claim("ablation_no_ttt.log", 42, "1.09340001", 4'800'000),
                                                       log_claim("sweep.log", std::nullopt, "1.2", 700'000)}));
  EXPECT_THAT(own.others, ElementsAre("ablation_no_ttt.log", "sweep.log"));
  ASSERT_EQ(own.submission.claims.size(), 1u);
  EXPECT_EQ(own.submission.claims[0].source, "train_seed42.log");
}

TEST(OwnRuns, OtherSeedsAndWhatGoesOnOfTheClaimedRunAreItsOwn) {
  Claim evaluation = log_claim("eval_seed42.log", 42, "1.08102345", 0);
  evaluation.train_ms.reset(), evaluation.steps.reset();
  Claim training = log_claim("train_seed42.log", 42, "1.08102345", 599'000);
  training.evals[0].name = "quantized", training.evals[0].val_bpb = "1.0934";
  const auto own =
      rules::own_runs(claiming("1.0810", {training, evaluation, log_claim("train_seed7.log", 7, "1.0823", 600'900)}));
  EXPECT_THAT(own.others, IsEmpty());
  EXPECT_EQ(own.submission.claims.size(), 3u);
  EXPECT_THAT(rules::own_runs(claiming("1.0811", {log_claim("a.log", 1, "1.0812", 599'000),  // a mean of both
                                                  log_claim("b.log", 1, "1.0810", 598'000)}))
                  .others,
              IsEmpty());
}

TEST(OwnRuns, AListOfSeedsLeavesOutTheOthers) {
  const std::vector<Claim> logs = {log_claim("a.log", 42, "1.0812", 599'000), log_claim("b.log", 7, "1.0815", 599'000),
                                   log_claim("c.log", 9, "1.0911", 2'400'000),
                                   log_claim("d.log", 42, "1.0950", 600'000)};
  auto claims = logs;
  claims.push_back(card_seed(42, "1.0812")), claims.push_back(card_seed(7, ""));
  const auto own = rules::own_runs(claiming("1.0814", claims));
  EXPECT_THAT(own.others, ElementsAre("c.log", "d.log"));
  claims = logs;
  claims.push_back(card_seed(1, "")), claims.push_back(card_seed(2, ""));  // no log of these
  EXPECT_THAT(rules::own_runs(claiming("1.0814", claims)).others, IsEmpty());
}

// #1729: the log of seed 0 prints another seed, and the value that is claimed of seed 0.
TEST(OwnRuns, AClaimedFigureIsOwnUnderAnySeed) {
  auto s = claiming("1.0814", {log_claim("train_seed0.log", 1337, "1.0816", 599'000),
                               log_claim("train_seed42.log", 42, "1.0812", 599'000)});
  s.claims.push_back(card_seed(0, "1.0816")), s.claims.push_back(card_seed(42, "1.0812"));
  EXPECT_THAT(rules::own_runs(s).others, IsEmpty());
}

// Two trainings of one log, of which the card names one.
TEST(OwnRuns, OneOfASeriesIsNamedWithItsSeed) {
  auto s = claiming("1.0812", {log_claim("all.log", 42, "1.0812", 599'000), log_claim("all.log", 7, "1.0950", 900'000),
                               card_seed(42, "1.0812")});
  s.seeds = {7, 42};
  const auto own = rules::own_runs(s);
  EXPECT_THAT(own.others, ElementsAre("all.log (seed 7)"));
  EXPECT_THAT(own.submission.seeds, ElementsAre(42));
}

// #2083, #2140: two logs of each seed, of which one choice alone has the claimed mean.
TEST(OwnRuns, AMeanChoosesItsLogs) {
  const std::vector<Claim> logs = {log_claim("eval_seed314.log", 314, "0.94180705", 599'000),
                                   log_claim("eval_seed42.log", 42, "0.94151072", 599'100),
                                   log_claim("eval_seed999.log", 999, "0.94192810", 599'200),
                                   log_claim("fresh_seed314.log", 314, "0.94146034", 599'300),
                                   log_claim("fresh_seed42.log", 42, "0.94182660", 599'400),
                                   log_claim("fresh_seed999.log", 999, "0.94197117", 599'500)};
  EXPECT_THAT(rules::own_runs(claiming("0.9417527", logs)).others,
              ElementsAre("eval_seed314.log", "eval_seed42.log", "eval_seed999.log"));
  EXPECT_THAT(rules::own_runs(claiming("0.9500000", logs)).others, IsEmpty());  // no choice gives it
}

using OwnRunsTest = JudgeClaimsTest;

TEST_F(OwnRunsTest, OtherRunsConvictNobodyAndAreNamed) {
  auto s = claiming("1.0810", {log_claim("train_seed42.log", 42, "1.08102345", 599'000),
                               log_claim("ablation.log", 42, "1.09340001", 4'800'000)});
  s.claims[1].code_bytes = 1, s.claims[1].model_bytes = 17'000'000, s.claims[1].total_bytes = 17'000'001;
  const auto judged = judge_claims(s, {}, rules());
  for (const Verdict& v : judged) {
    EXPECT_NE(v.status, Status::fail) << v.rule << ": " << v.reason;
    EXPECT_NE(v.subject, "ablation.log") << v.rule;
  }
  EXPECT_THAT(verdict(judged, "seeds_shown", Reading::practice, "").reason,
              HasSubstr("; of other runs, which show nothing of the claim: ablation.log"));
  s.claims.pop_back();
  EXPECT_THAT(verdict(judge_claims(s, {}, rules()), "seeds_shown", Reading::practice, "").reason,
              Not(HasSubstr("other runs")));
}

}  // namespace
}  // namespace pgolf
