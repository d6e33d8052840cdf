#include "judge/claims/log_lines.h"

#include <gmock/gmock.h>

namespace pgolf {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> texts(std::string_view log) {
  std::vector<std::string> out;
  for (const MeasuredLine& line : measured_lines(log)) out.push_back(line.text);
  return out;
}

TEST(LogLines, SettingsTimesAndTablesAreNoMeasurements) {
  EXPECT_THAT(texts("ema_decay: 0.9965 x: 1\ntttg: c26/131 lr:0.000911 t:3.1s\nstep 5 done\nlogits: 2.34567\n\r\n"
                    "model_dim:512 rope_base:10000.0000 logit_softcap:30.0000\n"
                    "ngram_pass2 chunk:60 p1:0.0004 p2:0.0000\n"
                    "0.1234 0.5678 0.9012\n| 3 | 0.1234 | 0.5678 |\n"),
              ::testing::IsEmpty());
}

TEST(LogLines, NeitherIsProgramText) {
  EXPECT_THAT(texts("    a, b, c = (3.4445, -4.7750, 2.0315)\n"
                    "    for pct in [0.9990, 0.9995, 0.9999, 0.99999, 1.0]:\n"
                    "# seed 42: val_loss 1.9123, val_bpb 1.1234\n"
                    "INT8_CLIP_PERCENTILE = 99.99984; x = min(1, 0.12345)\n"
                    "log0(f\"val_loss:{v:.4f} of 1.2345 and 2\")\n"
                    "x = w * 0.12345 + b * 0.23456\n"),
              ::testing::IsEmpty());
}

TEST(LogLines, NorIsWhatAProgramSaysOfItself) {
  std::string log;
  for (int i = 0; i < 12; ++i) log += "import module" + std::to_string(i) + " as m(\n";
  log += "Results of seed 42\nval_loss:1.9123 val_bpb:1.1234 at step 7\n";  // a documentation string
  for (int i = 0; i < 12; ++i) log += "def f" + std::to_string(i) + "():\n";
  log += "====================\nseed:7\nstep:500/20000 val_loss:1.8123 val_bpb:1.0934\n";
  const auto lines = measured_lines(log);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].line, 29);
  EXPECT_EQ(lines[0].text, "step:500/20000 val_loss:1.8123 val_bpb:1.0934");
}

// Of #1274, #1406 and their like: statistics of a table, schedules and settings stand in the logs of all seeds.
TEST(LogLines, NorAreStatisticsAndSchedules) {
  EXPECT_THAT(texts("bigram_table: shape=(1024, 1024), min=-18.9531, max=-0.0109\n"
                    "qk_gain_init:5.2500 num_heads:8\nwarmdown 0.7235 at step 400\nlabel_loss_weight:0.3125 heads:2\n"),
              ::testing::IsEmpty());
}

TEST(LogLines, WhatIsSetBeforeALineIsNotOfIt) {
  const std::string line = "step:500/20000 val_loss:1.8123 val_bpb:1.0934";
  for (const char* prefix :
       {"", "[0] ", "[rank0]: ", "[2026-04-01 12:00:08] ", "2026-04-01 12:00:08 | ", "12:00:08 ",
        "0: ", "1: [rank0]: ", "(worker pid=71) ", "INFO:root:", "node-3 | ", "Apr 01 12:00:08 host ", "\t  "})
    EXPECT_EQ(measured_lines(prefix + line).at(0).fingerprint, measured_lines(line).at(0).fingerprint) << prefix;
}

// What was measured is told by names and values; the letters between them are a copyist's.
TEST(LogLines, ALineIsWhatItMeasured) {
  const auto of = [](const std::string& line) { return measured_lines(line).at(0).fingerprint; };
  const std::string known = of("step:500/20000 train_loss:2.3648 train_time:45411ms step_avg:90.82ms");
  for (const char* copy : {"step:500/20000  train_loss:2.3648\ttrain_time:45411ms   step_avg:90.82ms  ",
                           "step: 500/20000 train_loss: 2.3648 train_time: 45411 ms step_avg: 90.82 ms",
                           "Step=500/20000, train_loss=2.36480, train_time=45,411ms, step_avg=90.82ms",
                           "step:500/20000 train_loss:2.3648 train_time:45411ms step_avg:90.82ms\r\n"})
    EXPECT_EQ(of(copy), known) << copy;
  for (const char* other : {"step:500/20000 train_loss:2.3649 train_time:45411ms step_avg:90.82ms",
                            "step:501/20000 train_loss:2.3648 train_time:45411ms step_avg:90.82ms",
                            "step:500/20000 val_loss:2.3648 train_time:45411ms step_avg:90.82ms"})
    EXPECT_NE(of(other), known) << other;
  EXPECT_EQ(of("[rank0] 500 val_loss = 1.9123"), of("500 val_loss: 1.9123"));
  EXPECT_NE(of("[rank0] 500 val_loss = 1.9123"), of("[rank0] 600 val_loss = 1.9123"));
}

TEST(LogLines, ATextCountsOnce) {
  EXPECT_EQ(measured_lines("step:1 val_loss:1.2345\nstep:1 val_loss:1.2345\n").size(), 1u);
}

TEST(LogLines, ATerminalsColoursAndForeignLineEndsAreTakenAway) {
  EXPECT_EQ(plain_text("\x1b[32mstep:1\x1b[0m val_loss:1.2\r\n"), "step:1 val_loss:1.2\r\n");
  EXPECT_EQ(plain_text("a\rb\r"), "a\nb\n");
  EXPECT_EQ(plain_text(std::string("\xff\xfe"
                                   "s\0\n\0\x41\x04",
                                   8)),
            "s\n?");
  EXPECT_EQ(plain_text(std::string("\xfe\xff"
                                   "\0s",
                                   4)),
            "s");
  EXPECT_EQ(plain_text("\xef\xbb\xbf"
                       "seed:1"),
            "seed:1");
}

TEST(LogLines, MeasurementsAre) {
  EXPECT_EQ(measured_lines("step:500/20000 train_loss:2.3648 train_time:45411ms step_avg:90.82ms\r\n"
                           "ttp: b1/782 bl:2.3501 rb:1.0445\n"
                           "[rank0] 500 val_loss = 1.9123 (stride 64)\n"
                           "final_int6_roundtrip_exact val_loss:1.93005460 val_bpb:1.14308679\n")
                .size(),
            4u);
}

TEST(LogLines, RepeatedLinesAreNamed) {
  const auto a = measured_lines("x\nstep:1 val_loss:1.2345\nstep:2 val_loss:1.3456\n");
  const auto b = measured_lines("step:2 val_loss:1.3456\nstep:1 val_loss:9.2345\n");
  const RepeatedLines lines = repeated_lines(a, b);
  EXPECT_EQ(lines.measurements, 2);
  EXPECT_EQ(lines.repeated(), 1);
  EXPECT_EQ(name_lines(lines), "line 3 (there 1) 'step:2 val_loss:1.3456'");
}

TEST(LogLines, FactsAreThoseOfTheRunNotOfTheProgram) {
  const LogFacts facts = log_facts(
      "log0(f\"seed:{args.seed}\")\nworld_size: int,\nworld_size:8 grad_accum_steps:1\n"
      "train_loader:dataset:x train_shards:80\nseed:1337\nseed:42\n");
  EXPECT_EQ(facts.seed, 1337);
  EXPECT_EQ(facts.world_size, 8);
  EXPECT_EQ(facts.train_shards, 80);
  EXPECT_EQ(log_facts("nothing").seed, -1);
}

}  // namespace
}  // namespace pgolf
