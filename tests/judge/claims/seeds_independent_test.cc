// Logs that are copies of each other.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, RepeatedLinesBetweenSeedsAreFound) {
  std::string shared, a, b;
  for (int i = 0; i < 90; ++i)
    shared += "ttp: b" + std::to_string(i) + "/782 bl:2.350" + std::to_string(i % 10) + " rb:1.0445\n";
  a = "lr: 0.0260 steps: 5\n500/20000 train_loss: 2.4930\n" + shared;
  b = "lr: 0.0260 steps: 5\n500/20000 train_loss: 2.4931\n" + shared;
  const auto lines = repeated_lines(measured_lines(a), measured_lines(b));
  EXPECT_EQ(lines.measurements, 91);
  EXPECT_EQ(lines.repeated(), 90);

  const std::vector<PublishedLog> logs{{"train_seed42.log", measured_lines(a), {}},
                                       {"train_seed0.log", measured_lines(b), {}},
                                       {"train_seed1234.log", measured_lines(b), {}}};
  const auto all = judge_claims(submission(2097), logs, rules());
  const auto v = verdict(all, "seeds_independent", Reading::practice, "train_seed42.log");
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_NEAR(v.observed.get<double>(), 90.0 / 91, 1e-12);
  const auto twin = verdict(all, "seeds_independent", Reading::practice, "train_seed0.log");
  EXPECT_EQ(twin.observed, 1.0);
  EXPECT_THAT(twin.reason, HasSubstr("91 of 91 measured lines stand in train_seed1234.log with the same values: line 2 "
                                     "(there 2) '500/20000 train_loss: 2.4931', line 3 (there 3)"));
  EXPECT_EQ(twin.evidence, "train_seed0.log:2");
}

// One result of two seeds, to so many digits, is no chance; blanks or times that differ do not make it one.
TEST_F(JudgeClaimsTest, OnePairOfTwoSeedsPassesNothing) {
  auto s = submission(754);
  std::vector<PublishedLog> logs;
  for (const auto& claim : s.claims)
    if (is_log(claim.source))
      logs.push_back(
          {claim.source, measured_lines(fmt::format("x val_loss: 2.{}1 val_bpb: 1.1\n", logs.size() + 1000)), {}});
  const std::string first = logs.at(0).source, second = logs.at(1).source;
  EXPECT_EQ(verdict(judge_claims(s, logs, rules()), "seeds_independent", Reading::strict, first).status, Status::pass);
  for (auto& claim : s.claims)
    for (auto& eval : claim.evals)
      if (eval.name == s.headline.eval && (claim.source == first || claim.source == second))
        eval.val_loss = "1.82345678", eval.val_bpb = "1.08012345";
  const auto v = verdict(judge_claims(s, logs, rules()), "seeds_independent", Reading::practice, first);
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_THAT(v.reason, HasSubstr(second + " prints the same val_loss 1.82345678 and val_bpb 1.08012345"));
}

// One log under two seeds, of which the second was spaced, framed and ended otherwise.
TEST_F(JudgeClaimsTest, AChangeOfBlanksMakesNoSecondRun) {
  const auto log = [](int seed, const char* prefix, const char* blank, const char* end) {
    std::string out;
    for (int i = 0; i < 40; ++i)
      out += fmt::format("{}step:{}{}val_loss:{}.{}{}train_time:{}ms{}", prefix, i, blank, seed, 10007 + 13 * i * seed,
                         blank, 90 * i, end);
    return out;
  };
  auto s = submission(754);
  const auto judged = [&](const std::string& second) {
    std::vector<PublishedLog> logs;
    for (const auto& [name, text] :
         {std::pair{"train_seed1337.log", log(3, "", " ", "\n")}, {"train_seed42.log", second}})
      logs.push_back({name, measured_lines(text), log_facts(text)});
    return verdict(judge_claims(s, logs, rules()), "seeds_independent", Reading::practice, "train_seed42.log");
  };
  for (const std::string& copy :
       {log(3, "", " ", "\n"), log(3, "", "   ", "\n"), log(3, "", " ", "\r\n"), log(3, "", "\t", "  \n"),
        log(3, "0: ", " ", "\n"), log(3, "[rank0]: ", " ", " \r\n")}) {
    const Verdict v = judged(copy);
    EXPECT_EQ(v.status, Status::fail) << copy.substr(0, 80);
    EXPECT_EQ(v.observed, 1.0) << copy.substr(0, 80);
  }
  EXPECT_EQ(judged(log(7, "0: ", "  ", "\r\n")).status, Status::pass);
}

// Publications that ship a log twice, or one of the whole series beside those of its seeds.
TEST_F(JudgeClaimsTest, CopiesOfALogAreOneLog) {
  const auto log = [](int seed, int first, int lines) {
    std::string out = "world_size:8\n";
    for (int i = first; i < first + lines; ++i)
      out += fmt::format("step:{} val_loss:{}.{}\n", i, seed, 10007 + 13 * i * seed);
    return out;
  };
  auto s = submission(754);
  const std::string a = log(3, 0, 40), b = log(7, 0, 40), c = log(11, 0, 40);
  const auto judged = [&](const std::vector<std::pair<std::string, std::string>>& files) {
    std::vector<PublishedLog> logs;
    for (const auto& [name, text] : files) logs.push_back({name, measured_lines(text), log_facts(text)});
    return judge_claims(s, logs, rules());
  };
  const auto of = [&](const std::vector<Verdict>& all, const std::string& file) {
    return verdict(all, "seeds_independent", Reading::strict, file);
  };
  Claim copy = s.claims[0];
  copy.source = "train.log";  // with the seed of the first log
  s.claims.push_back(copy);
  const std::vector<std::pair<std::string, std::string>> three{
      {"train_seed1337.log", a}, {"train_seed42.log", b}, {"train_seed2024.log", c}};
  auto files = three;
  files.emplace_back("train.log", a);
  auto all = judged(files);
  EXPECT_EQ(of(all, "train.log").status, Status::pass);
  EXPECT_THAT(of(all, "train.log").reason, HasSubstr("of the same run as train_seed1337.log, which counts as one log"));
  s.claims.back().seed.reset();  // the same without saying its seed
  all = judged(files);
  EXPECT_EQ(of(all, "train.log").status, Status::pass);
  files.back().second = a + b + c;  // a log of the whole series
  s.claims.back().seed = 1337;
  all = judged(files);
  for (const auto& [name, text] : files) EXPECT_NE(of(all, name).status, Status::fail) << of(all, name).reason;
  files.back().second = a + b.substr(0, b.size() * 3 / 4);  // one that leaves lines out
  all = judged(files);
  for (const auto& [name, text] : files) EXPECT_NE(of(all, name).status, Status::fail) << of(all, name).reason;
  s.claims.back().seed.reset();  // #244: the ends of several, by no seed
  files.back().second = a.substr(a.size() * 2 / 5) + b.substr(b.size() * 2 / 5);
  all = judged(files);
  for (const auto& [name, text] : files) EXPECT_NE(of(all, name).status, Status::fail) << of(all, name).reason;
  s.claims.back().seed = 1337;
  files = three;
  files[1].second = a + log(13, 40, 60).substr(13);  // a copy with as much again behind it is no series
  all = judged(files);
  EXPECT_EQ(of(all, "train_seed42.log").status, Status::fail);
  files = three;
  files[1].second = a;  // one log under two seeds
  all = judged(files);
  EXPECT_EQ(of(all, "train_seed42.log").status, Status::fail);
  EXPECT_EQ(of(all, "train_seed2024.log").status, Status::pass);
  EXPECT_THAT(repeated_logs(s, {}, rules()), ::testing::ElementsAre("train.log"));
}

TEST_F(JudgeClaimsTest, WithoutLogsTheSeedsAreAnOpenQuestion) {
  const auto all = judge_claims(submission(754), {}, rules());
  EXPECT_EQ(verdict(all, "seeds_independent", Reading::practice, "train_seed42.log").status, Status::unknown);
}

}  // namespace
}  // namespace pgolf
