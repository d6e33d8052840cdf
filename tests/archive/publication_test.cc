#include "archive/publication.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "archive/log_claim.h"
#include "archive/read_file.h"
#include "tests/archive/fixture.h"

namespace pgolf {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

PublishedFile file(const std::string& name, const std::string& content) {
  return {name, read_file(hex_of(blob_id(content)), file_kind_of(name), content)};
}
Publication published(const std::vector<PublishedFile>& files, const std::string& path = "records/track_10min_16mb/F") {
  return publication_of({7, path, std::string(40, 'a')}, files);
}

TEST(LogClaim, JoinsAPassAndItsExactDigits) {
  std::vector<std::string> findings;
  const ArchiveBlob log = read_file("", FileKind::log, log_text(62021632, 151080363, 42));
  const Claim claim = claims_of_log("train_seed42.log", log.values, findings).at(0);
  EXPECT_EQ(claim.seed, 42);
  EXPECT_EQ(claim.train_ms, 599672);
  EXPECT_EQ(claim.steps, 120);
  EXPECT_EQ(claim.total_bytes, 15900000);
  EXPECT_EQ(claim.val_targets, 62021632);
  ASSERT_EQ(claim.evals.size(), 2u);
  EXPECT_EQ(claim.evals[0].name, "live");
  EXPECT_EQ(claim.evals[1].name, "final_int8_zlib_roundtrip");
  EXPECT_EQ(claim.evals[1].val_loss, "2.00000000");  // of the exact line
  EXPECT_EQ(claim.evals[1].eval_ms, 1234);           // of the other
  EXPECT_THAT(findings, testing::IsEmpty());
}

TEST(LogClaim, CountsPackedSizesAndHintsOutsideTheClock) {
  std::vector<std::string> findings;
  const ArchiveBlob log = read_file("", FileKind::log,
                                    "seed:1\nSerialized model: 90000000 bytes\nCode size (uncompressed): 158429 bytes\n"
                                    "Code size (compressed): 31999 bytes\nTotal submission size: 90031999 bytes\n"
                                    "Serialized model int8+zlib: 15865260 bytes\n"
                                    "Total submission size int8+zlib: 15897259 bytes\n"
                                    "ngram_tilt:precompute_outside_timer_done elapsed=200.89s total_targets=47851520\n"
                                    "step:9/10 train_loss:2.1 train_time:599000ms\n");
  const Claim claim = claims_of_log("train_seed2.log", log.values, findings).at(0);
  EXPECT_EQ(claim.model_bytes, 15865260);
  EXPECT_EQ(claim.code_bytes, 31999);
  EXPECT_EQ(claim.total_bytes, 15897259);
  EXPECT_EQ(claim.train_ms, 599000);
  EXPECT_EQ(claim.steps, 9);
  ASSERT_EQ(claim.evals.size(), 1u);
  EXPECT_EQ(claim.evals[0].eval_ms, 200890);
  EXPECT_THAT(findings, ElementsAre("train_seed2.log prints seed 1, its name says 2"));
}

Claim only_claim(const std::string& text, std::vector<std::string>& findings) {
  const auto claims = claims_of_log("train.log", read_file("", FileKind::log, text).values, findings);
  EXPECT_EQ(claims.size(), 1u);
  return claims.at(0);
}

TEST(LogClaim, OfSeveralSizesThoseCountThatAddUp) {
  std::vector<std::string> findings;
  const std::string codes = "Code size: 30000 bytes\nCode size (minified): 12000 bytes\n";
  const std::string models = "Serialized model int8+zlib: 17000000 bytes\nSerialized model int6+lzma: 15900000 bytes\n";
  for (const auto* totals :
       {"Total submission size int6+lzma: 15912000 bytes\nTotal submission size int8+zlib: 17030000 "
        "bytes\n",
        "Total submission size int8+zlib: 17030000 bytes\nTotal submission size int6+lzma: 15912000 "
        "bytes\n"}) {
    const Claim claim = only_claim(codes + models + totals, findings);
    EXPECT_EQ(claim.total_bytes, 15912000);
    EXPECT_EQ(claim.model_bytes, 15900000);
    EXPECT_EQ(claim.code_bytes, 12000);
  }
}

TEST(LogClaim, OfSeveralTimesTheLongestCounts) {
  std::vector<std::string> findings;
  const Claim claim = only_claim(
      "GPTQ:collected 67 Hessians in 250.0s\nGPTQ:collected 12 Hessians in 1.0s\n"
      "ttt val_loss:2.80 val_bpb:1.1493 eval_time:500000ms\nttt val_loss:2.79 val_bpb:1.1452 eval_time:350000ms\n"
      "total_eval_time: 900.0s\n",
      findings);
  EXPECT_EQ(claim.calibration_ms, 250000);
  EXPECT_EQ(claim.open_ms, 50);
  EXPECT_EQ(claim.evals.at(0).eval_ms, 500000);
  EXPECT_EQ(claim.evals.at(0).printed_ms, 850000);
  EXPECT_EQ(claim.total_eval_ms, 900000);
}

TEST(LogClaim, PairsOfAPartAndOfAnotherRunAreLeftOut) {
  std::vector<std::string> findings;
  const Claim claim = only_claim(
      "val_tokens:62021632\nttt val_loss:2.0000 val_bpb:1.1845\nprobe eval_tokens:1000000 val_loss:2.7 val_bpb:1.1\n"
      "baseline for comparison: val_loss:2.0727 val_bpb:1.2244\nimprovement: val_loss:0.1234 val_bpb:0.0478\n",
      findings);
  ASSERT_EQ(claim.evals.size(), 1u);
  EXPECT_EQ(claim.evals[0].name, "ttt");
  EXPECT_EQ(claim.val_targets, 62021632);
}

TEST(LogClaim, AnExactLineThatSaysSomethingElseIsTold) {
  std::vector<std::string> findings;
  only_claim("ttt val_loss:2.79 val_bpb:1.08\nttt_exact val_loss:2.30000000 val_bpb:0.89040167\n", findings);
  EXPECT_THAT(findings, ElementsAre("train.log:2 prints val_bpb of ttt 0.89040167, line 1 1.08"));
}

TEST(LogClaim, TheLongestLoopCounts) {
  std::vector<std::string> findings;
  for (const auto* log : {"stopping_early: wallclock_cap train_time:3600000ms step:9/10\n"
                          "stopping_early: wallclock_cap train_time:588047ms step:9/10\nt val_loss:2.0 val_bpb:1.1\n",
                          "stopping_early: wallclock_cap train_time:588047ms step:9/10\n"
                          "stopping_early: wallclock_cap train_time:3600000ms step:9/10\nt val_loss:2.0 val_bpb:1.1\n"})
    EXPECT_EQ(only_claim(log, findings).train_ms, 3600000);
}

// #1854 and its like: the claimed number stands beside the network's own, in one line.
TEST(LogClaim, AMixersResultIsAPassOfItsOwn) {
  std::vector<std::string> findings;
  const Claim claim = only_claim(
      "quantized val_loss:2.5 val_bpb:1.0800\n"
      "final_ngram_blended neural_bpb:1.0801 blended_bpb:0.9712\n"
      "final_ngram_blended_exact neural_bpb:1.08012345 blended_loss:2.25 blended_bpb:0.97123456\n",
      findings);
  ASSERT_EQ(claim.evals.size(), 2u);
  EXPECT_EQ(claim.evals[1].name, "final_ngram_blended blended_bpb");
  EXPECT_EQ(claim.evals[1].val_bpb, "0.97123456");
  EXPECT_EQ(claim.evals[1].val_loss, "2.25");
  EXPECT_THAT(findings, testing::IsEmpty());
  const Publication p =
      published({file("train.log", "ttt val_loss:2.5 val_bpb:1.0800\nppm_mix mix_bpb=0.9712 nn_only=1.0800\n"),
                 file("submission.json", R"({"val_bpb": 0.9712})")});
  EXPECT_EQ(p.submission.headline.eval, "ppm_mix mix_bpb");
  EXPECT_EQ(only_claim("ppm: nn_bpb=1.0801 model_bpb=1.0802\nt val_loss:2.0 val_bpb:1.1\n", findings).evals.size(), 1u);
  EXPECT_THAT(findings, ElementsAre("train.log:1 prints bits per byte of several predictors and names none as the "
                                    "result"));
}

// #1536 claims the mean of one pass, to which a seed's value of another is nearer than any of its own.
TEST(Publication, TheTitleMayBeTheMeanOfAPass) {
  const auto log = [](const std::string& seed, const std::string& other, const std::string& own) {
    return file("train_seed" + seed + ".log",
                "post-ema val_loss:2.5 val_bpb:" + other + "\nttt_lora val_loss:2.5 val_bpb:" + own + "\n");
  };
  const auto p = published({log("0", "1.07671358", "1.07719031"), log("1337", "1.07734237", "1.07834639"),
                            log("42", "1.07590948", "1.07686646"), file("submission.json", R"({"val_bpb": 1.07747})")});
  EXPECT_EQ(p.submission.headline.eval, "ttt_lora");
}

TEST(LogClaim, AnExactLineIsOneWhereverItSaysSo) {
  std::vector<std::string> findings;
  const Claim claim = only_claim(
      "final_window_exact stride:64 val_loss:2.10022315 val_bpb:1.24979460\n"
      "final_window stride:64 val_loss:2.1002 val_bpb:1.2498 eval_time:6571ms\n",
      findings);
  ASSERT_EQ(claim.evals.size(), 1u);
  EXPECT_EQ(claim.evals[0].name, "final_window stride:64");
  EXPECT_EQ(claim.evals[0].val_bpb, "1.24979460");
  EXPECT_EQ(claim.evals[0].eval_ms, 6571);
}

TEST(Publication, SeedsOfTheCardAreClaimed) {
  const auto seeds = [](const std::string& card) {
    std::vector<std::string> out;
    for (const Claim& claim : published({file("submission.json", card)}).submission.claims)
      if (claim.seed)
        out.push_back(fmt::format("{} {}", *claim.seed, claim.evals.empty() ? "-" : claim.evals[0].val_bpb));
    return out;
  };
  EXPECT_THAT(seeds(R"({"val_bpb": 1.08, "seeds": [42, 7]})"), ElementsAre("7 -", "42 -"));
  EXPECT_THAT(seeds(R"({"seeds": [7], "seed_results": {"7": {"val_bpb": 1.081}, "42": {"val_bpb": 1.082}}})"),
              ElementsAre("7 1.081", "42 1.082"));
  EXPECT_THAT(seeds(R"({"seed_results": [{"seed": 42, "val_bpb": 1.082}]})"), ElementsAre("42 1.082"));
  EXPECT_THAT(seeds(R"({"seeds": {"42": 1.082, "7": 2.75}})"), ElementsAre("7 -", "42 1.082"));
  EXPECT_THAT(seeds(R"({"val_bpb": 1.08, "seed": 42})"), ElementsAre());
  const auto p =
      published({file("a.log", "seed:42\nquantized val_loss:2.5 val_bpb:1.0788\nttt val_loss:2.4 val_bpb:1.0769\n"),
                 file("submission.json", R"({"val_bpb": 1.0769, "seed_results": {"42": 1.0788}})")});
  EXPECT_EQ(p.submission.headline.eval, "ttt");
  EXPECT_EQ(p.submission.claims.back().evals.at(0).name, "quantized");  // what is said of a seed may be of another pass
}

TEST(Publication, OnlyARecordHasATrackByItsPlace) {
  EXPECT_EQ(published({}).submission.track, "10min_16mb");
  EXPECT_EQ(published({}, "records/track_non_record_16mb/F").submission.track, "non_record_16mb");
  EXPECT_EQ(published({}, "modded-nanogpt/records/track_2_medium/F").submission.track, "");
  EXPECT_EQ(publication_of({0, "mine", ""}, {}).submission.track, "10min_16mb");
}

TEST(Publication, TheCardSaysTheMachine) {
  const auto p = published({file("submission.json", R"({"val_bpb": 1.1, "hardware": "8xH100 80GB SXM"})")});
  EXPECT_EQ(p.submission.hardware, "8xH100 80GB SXM");
}

TEST(Publication, CodeBelowTheFolderIsCode) {
  const auto p = published({file("train_gpt.py", "x = 1\n"), file("lib/tricks.py", "y = 2\n")});
  EXPECT_THAT(p.submission.code.others.value(), ElementsAre("lib/tricks.py"));
  EXPECT_EQ(p.submission.code.file, "train_gpt.py");
}

// Of a shell script beside it nobody counts the bytes, though it may set what the score rests on.
TEST(Publication, AShellScriptIsCode) {
  const auto p = published({file("train_gpt.py", "x = 1\n"), file("run.sh", "X=1 torchrun train_gpt.py\n")});
  EXPECT_THAT(p.submission.code.others.value(), ElementsAre("run.sh"));
}

TEST(Publication, ValidationWithinTrainingIsNoHeadline) {
  const auto p = published({file("train.log",
                                 "step:500/20000 val_loss:2.3 val_bpb:1.1646 train_time:45411ms\n"
                                 "final val_loss:3.0 val_bpb:1.5000\n"),
                            file("submission.json", R"({"val_bpb": 1.1})")});
  EXPECT_EQ(p.submission.headline.eval, "final");
}

TEST(LogClaim, EachTrainingOfASeriesIsAClaim) {
  std::vector<std::string> findings;
  std::string series;
  for (const int seed : {0, 42, 1337}) series += log_text(62021632, 151080363, seed);
  const auto claims = claims_of_log("series.log", read_file("", FileKind::log, series).values, findings);
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[1].seed, 42);
  EXPECT_EQ(claims[2].seed, 1337);
  EXPECT_EQ(claims[2].total_bytes, 15900000);
}

TEST(Publication, TakesHeadlineSeedsAndCodeFromItsFiles) {
  const Publication p =
      published({file("submission.json", R"({"name": "N", "val_bpb": 1.1841, "seeds": [42, 1337]})"),
                 file("train_seed42.log", log_text(62021632, 151080363, 42)), file("train_gpt.py", "print('hi')\n"),
                 file("helper.py", "x = 1\n"), file("logs/other.log", log_text(62021632, 151080363, 5))});
  EXPECT_EQ(p.submission.id, "pr-7/F");
  EXPECT_EQ(p.submission.track, "10min_16mb");
  EXPECT_THAT(p.submission.seeds, ElementsAre(5, 42, 1337));
  EXPECT_EQ(p.submission.headline.eval, "final_int8_zlib_roundtrip");
  EXPECT_EQ(p.submission.headline.val_bpb, "1.1841");
  EXPECT_EQ(p.submission.code.file_bytes, 12);
  EXPECT_THAT(*p.submission.code.others, ElementsAre("helper.py"));
  EXPECT_EQ(p.logs.size(), 2u);
  EXPECT_THAT(p.findings, testing::IsEmpty());
}

TEST(Publication, WhatIsBrokenIsAFindingAndNoStop) {
  const Publication p = published({file("submission.json", "json{"), file("a\n\xff.log", "nothing of a training\n")});
  EXPECT_THAT(p.findings, Contains(HasSubstr("submission.json:1 is broken")));
  EXPECT_THAT(p.findings, Contains("no log of a training lies in the folder"));
  EXPECT_THAT(p.findings, Contains("no script lies in the folder"));
  EXPECT_EQ(shown_name("a\n\xff.log"), "a??.log");
  const Publication text = published({file("submission.json", R"({"val_bpb": "TBD"})")});
  EXPECT_THAT(text.findings, Contains("submission.json:1 claims no number: val_bpb is TBD"));
}

TEST(Publication, AVerdictNeverPassesOnLogsAlone) {
  const Publication p = published({file("train_seed42.log", log_text(49999872, 197944567, 42))});
  EXPECT_EQ(p.submission.headline.source, "train_seed42.log");
  EXPECT_EQ(p.submission.headline.eval, "final_int8_zlib_roundtrip");
}

}  // namespace
}  // namespace pgolf
