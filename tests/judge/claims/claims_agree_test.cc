// Texts that say other than the logs.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, Pr334sTextsDescribeTwoRuns) {
  const auto all = judge_claims(submission(334), {}, rules());
  EXPECT_EQ(verdict(all, "claims_agree", Reading::strict, "README.md").status, Status::pass);
  EXPECT_EQ(verdict(all, "claims_agree", Reading::strict, "card").status, Status::pass);
  const auto json = verdict(all, "claims_agree", Reading::strict, "submission.json");
  EXPECT_EQ(json.status, Status::fail);
  EXPECT_THAT(json.reason, HasSubstr("total_bytes 17,396,551 (log: 16,182,081)"));
  EXPECT_THAT(json.reason, HasSubstr("val_bpb 1.2108 (log: 1.2207)"));
  EXPECT_EQ(verdict(all, "claims_agree", Reading::practice, "submission.json").status, Status::warn);
}

TEST_F(JudgeClaimsTest, ARoundedTimeIsNoContradiction) {
  const auto all = judge_claims(submission(849), {}, rules());  // "582 s" for 582,076 ms
  EXPECT_EQ(verdict(all, "claims_agree", Reading::strict, "README.md").status, Status::pass)
      << verdict(all, "claims_agree", Reading::strict, "README.md").reason;
  const auto other = judge_claims(submission(2143), {}, rules());
  EXPECT_EQ(verdict(other, "claims_agree", Reading::strict, "submission.json").reason,
            "1 of 4 statements are not in the logs: total_bytes 15,868,480 (log: 15,878,568)");
}

// Logs of three seeds, one of them twice (#846, #1421), and a card.
Submission with_logs(const std::vector<std::pair<int64_t, std::string>>& logs, const std::string& said) {
  Submission out;
  out.id = "s", out.track = "10min_16mb";
  const auto eval = [](const std::string& bpb) {
    ClaimedEval e;
    e.name = e.method = "ttt", e.val_bpb = bpb;
    return e;
  };
  for (const auto& [seed, bpb] : logs) {
    Claim claim;
    claim.source = fmt::format("{}.log", out.claims.size()), claim.seed = seed, claim.evals = {eval(bpb)};
    out.claims.push_back(claim);
  }
  Claim card;
  card.source = "submission.json", card.evals = {eval(said)};
  out.claims.push_back(card);
  out.headline = {card.source, "ttt", "", said};
  return out;
}

TEST_F(JudgeClaimsTest, AMeanCountsACopyOnceAndIsAsFineAsItsLogs) {
  const auto status = [&](const Submission& s) {
    return verdict(judge_claims(s, {}, rules()), "claims_agree", Reading::strict, "submission.json").status;
  };
  const std::vector<std::pair<int64_t, std::string>> copied = {
      {42, "1.09211068"}, {1337, "1.09276612"}, {2024, "1.09255323"}, {42, "1.09211068"}};
  EXPECT_EQ(status(with_logs(copied, "1.09247668")), Status::pass);
  EXPECT_EQ(status(with_logs(copied, "1.09238518")), Status::fail);  // with the copy
  const std::vector<std::pair<int64_t, std::string>> coarse = {{1, "2.776993"}, {2, "2.780585"}, {3, "2.779035"}};
  EXPECT_EQ(status(with_logs(coarse, "2.77887078")), Status::pass);  // #1529: of values with more digits than printed
  EXPECT_EQ(status(with_logs(coarse, "2.77888000")), Status::fail);
  EXPECT_EQ(status(with_logs({{7, "1.1598"}}, "1.15976")), Status::pass);
  EXPECT_EQ(status(with_logs({{7, "1.1598"}}, "1.15966")), Status::fail);
  EXPECT_EQ(status(with_logs({{7, "2.78548071"}}, "2.78549")), Status::pass);  // rounded up (#1536)
  EXPECT_EQ(status(with_logs({{7, "2.78548071"}}, "2.78547")), Status::fail);
}

// #1699: the mean over three seeds, of which one has a log.
TEST_F(JudgeClaimsTest, AMeanWithASeedThatHasNoLogIsOpen) {
  auto s = with_logs({{314, "1.47867316"}}, "1.48306");
  for (const int64_t seed : {42, 314, 999}) {
    Claim listed;
    listed.source = "submission.json", listed.seed = seed;
    s.claims.push_back(listed);
  }
  const auto v = verdict(judge_claims(s, {}, rules()), "claims_agree", Reading::strict, "submission.json");
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_THAT(v.reason, HasSubstr("may be means with seeds that have none: over seeds: ttt val_bpb 1.48306"));
}

}  // namespace
}  // namespace pgolf
