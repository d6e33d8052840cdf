#include "judge/judge_claims.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

TEST_F(JudgeClaimsTest, Pr334IsTooLargeByItsOwnFigures) {
  const auto all = judge_claims(submission(334), {}, rules());
  for (const auto reading : {Reading::strict, Reading::practice}) {
    const auto log = verdict(all, "artifact_size", reading, "train.log");
    EXPECT_EQ(log.status, Status::fail);
    EXPECT_EQ(log.observed, 16'182'081);
    const auto json = verdict(all, "artifact_size", reading, "submission.json");
    EXPECT_EQ(json.status, Status::fail);
    EXPECT_EQ(json.observed, 17'396'551);
  }
}

// #1412 ships `exec(open(...).read())`: 74 bytes are counted in the script, and the code lies in another file.
TEST_F(JudgeClaimsTest, AScriptThatCallsAnotherFileIsNotTheCode) {
  Submission s = submission(849);
  s.code.file = "train_gpt.py", s.code.file_bytes = 74;
  const auto size = [&] {
    for (const auto& v : judge_claims(s, {}, rules()))
      if (v.rule == "artifact_size" && v.reading == Reading::strict && is_log(v.subject)) return v;
    throw std::logic_error("no size");
  };
  EXPECT_EQ(size().status, Status::unknown);
  EXPECT_THAT(size().reason, HasSubstr("code 74 as shipped, counted in train_gpt.py, the log counts 99,037"));
  EXPECT_THAT(size().reason, HasSubstr("most of that is not in train_gpt.py"));
  s.code.file_bytes = 24'000, s.code.unwrapped_bytes = 99'037, s.code.wrapper = "LZMA in base85";
  EXPECT_EQ(size().status, Status::pass);
  EXPECT_THAT(size().reason, HasSubstr("a wrapper of 99,037 (LZMA in base85)"));
}

TEST_F(JudgeClaimsTest, Pr334sTimeIsATrackQuestion) {
  const auto all = judge_claims(submission(334), {}, rules());
  EXPECT_EQ(verdict(all, "train_time", Reading::strict, "train.log").status, Status::fail);
  EXPECT_EQ(verdict(all, "train_time", Reading::strict, "train.log").observed, 6'400'210);
  EXPECT_EQ(verdict(all, "train_time", Reading::practice, "train.log").status, Status::pass);
  EXPECT_EQ(verdict(all, "eval_time", Reading::strict, "train.log").status, Status::unknown);
}

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

TEST_F(JudgeClaimsTest, AByteCountIsRecognisedWithoutTheNumberOfTargets) {
  const auto all = judge_claims(submission(334), {}, rules());
  const auto v = verdict(all, "byte_count", Reading::strict, "train.log");
  EXPECT_EQ(v.status, Status::pass);
  EXPECT_NEAR(v.observed.get<double>(), 151080303.0 / 62021632, 1e-7);
  EXPECT_THAT(v.reason, HasSubstr("as the sp1024 stream has"));
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

TEST_F(JudgeClaimsTest, Pr754sThreeSeedsAreConsistent) {
  const auto all = judge_claims(submission(754), {}, rules());
  for (const auto* log : {"train_seed1337.log", "train_seed42.log", "train_seed2024.log"}) {
    EXPECT_EQ(verdict(all, "size_adds_up", Reading::strict, log).status, Status::pass);
    EXPECT_EQ(verdict(all, "byte_count", Reading::strict, log).status, Status::pass) << log;
    EXPECT_EQ(verdict(all, "printed_precision", Reading::strict, log).status, Status::pass);
  }
  EXPECT_THAT(verdict(all, "claims_agree", Reading::strict, "card").reason, HasSubstr("ttt val_bpb 1.1253"));
}

TEST_F(JudgeClaimsTest, Pr2097HasOneSeedThatAgreesWithItself) {
  const auto all = judge_claims(submission(2097), {}, rules());
  EXPECT_EQ(verdict(all, "size_adds_up", Reading::strict, "train_seed42.log").status, Status::pass);
  const auto zero = verdict(all, "size_adds_up", Reading::strict, "train_seed0.log");
  EXPECT_EQ(zero.status, Status::fail);
  EXPECT_EQ(zero.observed, 15'976'992);
  EXPECT_EQ(zero.limit, 15'967'606);
  EXPECT_EQ(verdict(all, "size_adds_up", Reading::strict, "train_seed1234.log").limit, 15'978'611);

  EXPECT_EQ(verdict(all, "byte_count", Reading::strict, "train_seed42.log").status, Status::pass)
      << verdict(all, "byte_count", Reading::strict, "train_seed42.log").reason;
  for (const auto* log : {"train_seed0.log", "train_seed1234.log"}) {
    EXPECT_EQ(verdict(all, "byte_count", Reading::strict, log).status, Status::fail) << log;
    EXPECT_EQ(verdict(all, "byte_count", Reading::practice, log).status, Status::fail) << log;
  }
  EXPECT_EQ(verdict(all, "byte_count", Reading::strict, "train_seed0.log").observed, 151'228'815);

  const auto nine = verdict(all, "printed_precision", Reading::strict, "train_seed1234.log");
  EXPECT_EQ(nine.status, Status::fail);
  EXPECT_EQ(nine.observed, 9);
  EXPECT_EQ(nine.limit, 8);
  EXPECT_EQ(verdict(all, "printed_precision", Reading::strict, "train_seed0.log").status, Status::pass);
}

TEST_F(JudgeClaimsTest, Pr2097FitsOnlyWithItsWrapper) {
  const auto all = judge_claims(submission(2097), {}, rules());
  const Verdict counted = verdict(all, "artifact_size", Reading::practice, "train_seed42.log");
  EXPECT_EQ(counted.status, Status::warn);  // 34,205 bytes in words
  EXPECT_THAT(counted.reason, HasSubstr("nobody counted its code"));
  EXPECT_EQ(verdict(all, "artifact_size", Reading::strict, "train_seed42.log").observed, 15'944'405 + 172'613);
  EXPECT_EQ(verdict(all, "artifact_size", Reading::strict, "train_seed42.log").status, Status::fail);
}

TEST_F(JudgeClaimsTest, TheOtherTwoAreConsistent) {
  for (const int pr : {849, 2143}) {
    const auto all = judge_claims(submission(pr), {}, rules());
    for (const auto& v : all)
      if (v.rule == "size_adds_up" || (v.rule == "byte_count" && v.subject.ends_with("log"))) {
        EXPECT_EQ(v.status, Status::pass) << pr << " " << v.rule << " " << v.subject << ": " << v.reason;
      }
  }
}

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
  EXPECT_THAT(twin.reason, HasSubstr("91 of 91 measured lines stand in train_seed1234.log to the letter: line 2 "
                                     "(there 2) '500/20000 train_loss: 2.4931', line 3 (there 3)"));
  EXPECT_EQ(twin.evidence, "train_seed0.log:2");
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

TEST_F(JudgeClaimsTest, WhatNoLogPrintsIsNotNought) {
  auto s = submission(849);
  for (auto& claim : s.claims) claim.calibration_ms.reset(), claim.train_ms = 590'000;
  const auto all = judge_claims(s, {}, rules());
  const auto strict = verdict(all, "train_time", Reading::strict, s.claims[0].source);
  EXPECT_EQ(strict.status, Status::unknown);
  EXPECT_THAT(strict.reason, HasSubstr("no time of calibration on training data is printed"));
  EXPECT_EQ(verdict(all, "train_time", Reading::practice, s.claims[0].source).status, Status::warn);
}

TEST_F(JudgeClaimsTest, SeedsOfDifferentScriptsAreTold) {
  auto s = submission(754);
  EXPECT_EQ(verdict(judge_claims(s, {}, rules()), "one_script", Reading::strict, "").status, Status::pass);
  for (auto& claim : s.claims)
    if (claim.source == "train_seed42.log") claim.code_bytes = *claim.code_bytes + 100;
  const auto v = verdict(judge_claims(s, {}, rules()), "one_script", Reading::strict, "");
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_EQ(v.observed, 2);
  EXPECT_THAT(v.reason, HasSubstr("bytes of code in train_seed42.log"));
  EXPECT_EQ(verdict(judge_claims(s, {}, rules()), "one_script", Reading::practice, "").status, Status::warn);
}

TEST_F(JudgeClaimsTest, AnotherNumberOfProcessesIsAnotherMachine) {
  auto s = submission(754);
  s.hardware = "8x H100 80GB SXM";
  for (auto& claim : s.claims) claim.world_size = claim.source == "train_seed42.log" ? 1 : 8;
  const auto all = judge_claims(s, {}, rules());
  EXPECT_EQ(verdict(all, "hardware", Reading::strict, "train_seed1337.log").status, Status::pass);
  EXPECT_EQ(verdict(all, "hardware", Reading::strict, "train_seed42.log").status, Status::unknown);
  EXPECT_THAT(verdict(all, "hardware", Reading::strict, "train_seed42.log").reason, HasSubstr("prints 1 processes"));
}

// A tokenizer that nobody listed is no error, and no number of targets times anything overflows.
TEST_F(JudgeClaimsTest, ARatioOfNoKnownStreamIsOpen) {
  auto s = submission(334);
  s.claims.resize(1);
  auto& eval = s.claims[0].evals[0];
  s.claims[0].evals.resize(1);
  s.claims[0].val_targets.reset(), eval.targets.reset();
  eval.val_loss = "2.50000000", eval.val_bpb = "1.20000000";  // 3.0056 bytes per target
  auto v = verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_THAT(v.reason, HasSubstr("as none of the known streams has"));
  eval.val_loss = "99999999999999999999.9", eval.val_bpb = "0.1234";
  s.claims[0].val_targets = int64_t{1} << 50;
  v = verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_GT(v.observed.get<double>(), 1e35);
}

TEST_F(JudgeClaimsTest, WithoutLogsTheSeedsAreAnOpenQuestion) {
  const auto all = judge_claims(submission(754), {}, rules());
  EXPECT_EQ(verdict(all, "seeds_independent", Reading::practice, "train_seed42.log").status, Status::unknown);
}

TEST_F(JudgeClaimsTest, APublicationThatSaysNothingPassesNothing) {
  auto empty = submission(334);
  empty.claims.clear();
  for (const auto& v : judge_claims(empty, {}, rules()))
    EXPECT_EQ(v.status, v.rule == "submission_identity" ? Status::pass : Status::unknown) << v.rule;
}

}  // namespace
}  // namespace pgolf
