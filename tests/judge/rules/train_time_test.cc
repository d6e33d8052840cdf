// The time of a run's training against its limit.
#include "tests/judge/run_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

// Whatever the times, on the published clock they are not those of the submission; the rest is judged as ever.
TEST_F(JudgeRunTest, OnThePublishedClockTimesSayNothing) {
  write_all();
  facts_.published_clock = true;
  for (const double ms : {595'000.0, 4'760'000.0}) {
    facts("train").span_ms[kPartTrainLoop] = facts("eval").span_ms[kPartEval] = ms;
    for (const char* rule : {"train_time", "eval_time", "hardware"})
      for (const Reading reading : {Reading::strict, Reading::practice}) {
        const Verdict v = verdict(rule, reading);
        EXPECT_EQ(v.status, Status::unknown) << rule;
        EXPECT_THAT(v.reason, HasSubstr("the run followed the published clock")) << rule;
      }
  }
  EXPECT_EQ(strict("train_time").observed, 4'760'000);
  EXPECT_EQ(strict("artifact_size").status, Status::pass);
  EXPECT_EQ(strict("score_before_update").status, Status::pass);
  facts_.track = "non_record_16mb";  // exempt in practice, where a clock of its own is judged
  EXPECT_EQ(practice("train_time").status, Status::unknown);
}

TEST_F(JudgeRunTest, AStepThatBeganInTimeIsToleratedInPractice) {
  write_train(600'062, 88.8), write_pack(), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 600'062;
  EXPECT_EQ(strict("train_time").status, Status::fail);
  EXPECT_EQ(strict("train_time").observed, 600'062);
  EXPECT_EQ(practice("train_time").status, Status::warn);
  EXPECT_EQ(practice("train_time").reason,
            "loop 600.062 s: over by 0.062 s; the last step (0.089 s) began before the limit; 39.938 s of the process "
            "lie outside of what it says counts; 90.000 s of packing lie outside of what it says counts");
}

// The official loop reads the clock without waiting for the GPU: merged records stopped up to 0.137 s late, by more
// than a step.
TEST_F(JudgeRunTest, TheOvershootOfTheOfficialLoopIsToleratedInPractice) {
  write_pack(), write_eval();
  for (const auto& [loop_ms, status] :
       {std::pair{600'137.0, Status::warn}, {600'300.0, Status::warn}, {600'301.0, Status::fail}}) {
    std::filesystem::remove(dir_ / "train.events.jsonl");
    write_train(loop_ms, 87);
    facts("train").span_ms[kPartTrainLoop] = loop_ms;
    EXPECT_EQ(practice("train_time").status, status) << loop_ms;
    EXPECT_EQ(strict("train_time").status, Status::fail);
  }
}

TEST_F(JudgeRunTest, MoreThanAStepOverFails) {
  write_train(601'153, 100), write_pack(), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 601'153;
  EXPECT_EQ(practice("train_time").status, Status::fail);
  EXPECT_THAT(practice("train_time").reason, HasSubstr("began after the limit"));
}

TEST_F(JudgeRunTest, CalibrationCountsAsTraining) {
  write_train(596'000), write_pack(6'600), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 596'000;
  facts("pack").span_ms[kPartCalibrate] = 6'600;
  EXPECT_EQ(strict("train_time").observed, 602'600);
  EXPECT_EQ(strict("train_time").status, Status::fail);
  EXPECT_EQ(practice("train_time").status, Status::warn);
  facts("pack").span_ms[kPartCalibrate] = 11'000;
  EXPECT_EQ(practice("train_time").status, Status::fail);
}

TEST_F(JudgeRunTest, TheHarnessClockWinsOverTheEnginesWord) {
  write_train(500'000), write_pack(), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 720'000;
  EXPECT_EQ(practice("train_time").status, Status::fail);
  EXPECT_THAT(practice("train_time").reason, HasSubstr("the process itself says 500.000 s"));
}

TEST_F(JudgeRunTest, TheEnginesWordAloneIsNoProof) {
  write_train(595'000), write_pack(), write_eval();
  facts("train").span_ms.clear();
  EXPECT_EQ(strict("train_time").status, Status::unknown);
  EXPECT_EQ(practice("train_time").status, Status::warn);
  EXPECT_THAT(practice("train_time").reason,
              HasSubstr("by the process's own clock only, the whole process took 640.000 s"));
  facts("train").wall_ms = 599'000;  // even with start-up it is within
  EXPECT_EQ(strict("train_time").status, Status::pass);
  EXPECT_EQ(strict("train_time").observed, 599'000);
}

// A forger trains before it says that training begins: the process's own marks bound what is counted, so a process that
// lives far longer than they say is not believed.
TEST_F(JudgeRunTest, WorkOutsideOfWhatThePhaseSaysCountsIsNoPass) {
  write_train(300'000), write_pack(), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 300'000;
  facts("train").wall_ms = 450'001;  // within the limit as a whole
  EXPECT_EQ(strict("train_time").status, Status::pass);
  facts("train").wall_ms = 700'000;
  EXPECT_EQ(strict("train_time").status, Status::unknown);
  EXPECT_EQ(practice("train_time").status, Status::warn);
  EXPECT_THAT(strict("train_time").reason, HasSubstr("400.000 s of the process lie outside of what it says counts"));
  facts("train").span_ms[kPartTrainLoop] = 560'000;  // 140 s of start-up are let pass
  EXPECT_EQ(strict("train_time").status, Status::pass);
  facts("eval").wall_ms = 900'000;
  EXPECT_EQ(strict("eval_time").status, Status::unknown);
}

TEST_F(JudgeRunTest, ANonRecordTrackIsExemptInPractice) {
  write_train(6'400'210, 1'896), write_pack(), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 6'400'210;
  facts_.track = "non_record_16mb";
  EXPECT_EQ(strict("train_time").status, Status::fail);
  EXPECT_EQ(practice("train_time").status, Status::pass);
  EXPECT_EQ(practice("train_time").observed, 6'400'210);
  EXPECT_THAT(practice("train_time").reason, HasSubstr("does not apply to this track"));
}

TEST_F(JudgeRunTest, AKilledPhaseProvesNothing) {
  write_all();
  facts("train").finished = facts("eval").finished = false;
  EXPECT_EQ(strict("train_time").status, Status::unknown);
  EXPECT_EQ(strict("eval_time").status, Status::unknown);
}

TEST_F(JudgeRunTest, AnUnknownTrackExcusesNothing) {
  write_all();
  facts_.track = "10min_16MB";
  for (const char* rule : {"train_time", "eval_time", "hardware"}) {
    EXPECT_EQ(practice(rule).status, Status::unknown) << rule;
    EXPECT_THAT(practice(rule).reason, HasSubstr("has no track '10min_16MB'"));
  }
}

// Packing sees the training data: what it does beside its calibration is named, and 150 s of it are let pass.
TEST_F(JudgeRunTest, PackingIsNoPlaceToTrain) {
  write_all();
  EXPECT_EQ(strict("train_time").status, Status::pass);
  EXPECT_THAT(strict("train_time").reason, HasSubstr("90.000 s of packing lie outside of what it says counts"));
  facts("pack").wall_ms = 150'000;
  EXPECT_EQ(strict("train_time").status, Status::pass);
  facts("pack").wall_ms = 700'000;
  EXPECT_EQ(strict("train_time").status, Status::unknown);
  EXPECT_EQ(practice("train_time").status, Status::warn);
  EXPECT_THAT(practice("train_time").reason, HasSubstr("700.000 s of packing"));
  facts("pack").visible.clear();  // the control: without data it takes what it takes
  EXPECT_EQ(strict("train_time").status, Status::pass);
}

TEST_F(JudgeRunTest, StartUpIsNamed) {
  write_all();
  EXPECT_THAT(strict("train_time").reason, HasSubstr("45.000 s of the process lie outside of what it says counts"));
  EXPECT_EQ(strict("train_time").status, Status::pass);
}

}  // namespace
}  // namespace pgolf
