#include "harness/judge/judge.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/evidence/ledger.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

const char kRules[] = PGOLF_SOURCE_DIR "/rules/pg-2026-05-02.toml";

// A run of 8xH100 that is legal in every respect; each test spoils one thing.
class JudgeRunTest : public ::testing::Test {
 protected:
  JudgeRunTest() {
    std::filesystem::create_directories(dir_);
    facts_.directory = dir_;
    facts_.track = "10min_16mb";
    facts_.profile = "record";
    facts_.as_run = true;
    facts_.phases = {phase("train", 640'000, {{kPartTrainLoop, 595'000}}, {"train"}),
                     phase("pack", 90'000, {}, {"train"}),
                     phase("eval", 520'000, {{kPartEval, 450'000}, {"eval.sliding", 60'000}}, {"val"})};
    facts_.model_bytes = 15'900'000;
    facts_.artifact_sha256 = facts_.artifact_sha256_before_eval = "aa";
    facts_.code_bytes = 50'000;
    facts_.gpu = "NVIDIA H100 80GB HBM3";
    facts_.gpu_count = 8;
    facts_.manifest = {{"train", "train/0.bin", "t0"}, {"val", "val/0.bin", "v0"}};
    facts_.val_targets = kTargets;
    facts_.val_bytes = kBytes;
    facts_.engine_sha256 = "ee";
    ruleset_.streams.push_back({"the test's text", kTargets, kBytes});
  }
  ~JudgeRunTest() override { std::filesystem::remove_all(dir_); }

  static PhaseFacts phase(std::string name, double wall, std::map<std::string, double> spans,
                          std::vector<std::string> visible) {
    return {std::move(name), true, wall, std::move(spans), std::move(visible), "bubblewrap", false, {}, true, {}, "ee"};
  }
  PhaseFacts& facts(const std::string& name) {
    for (auto& p : facts_.phases)
      if (p.name == name) return p;
    throw std::logic_error(name);
  }

  void write_train(double loop_ms = 595'000, double step_ms = 90) {
    EventLog log(dir_ / "train.events.jsonl", {"train", "", ""});
    log.write(DataEvent{"train", "train/0.bin", "t0", 1});
    log.write(StepEvent{.step = 1, .train_loss = 7, .elapsed_ms = loop_ms - step_ms});
    log.write(StepEvent{.step = 2, .train_loss = 6, .elapsed_ms = loop_ms});
  }
  void write_pack(double calibration_ms = 0) {
    EventLog log(dir_ / "pack.events.jsonl", {"pack", "", ""});
    if (calibration_ms > 0) {
      log.write(PhaseStartEvent{kPartCalibrate});
      log.write(PhaseEndEvent{kPartCalibrate, calibration_ms});
    }
    log.write(ArtifactEvent{"artifact.bin", "aa", 15'900'000, {}});
  }
  using Story = std::function<void(Ledger&)>;
  static void score_all(Ledger& ledger) { ledger.score("ttt", {{0, kTargets}}); }
  void write_eval(const Story& story = score_all, double pass_ms = 450'000, int samples = 16, double sum = 1.0,
                  int64_t changed = 0) {
    Ledger ledger(dir_ / "ledger.jsonl", {"ttt", kTargets, 8});
    story(ledger);
    EventLog log(dir_ / "eval.events.jsonl", {"eval", "", ""});
    log.write(DataEvent{"artifact", "artifact.bin", "aa", 1});
    log.write(DataEvent{"val", "val/0.bin", "v0", 1});
    for (int i = 0; i < samples; ++i) log.write(NormalisationEvent{"ttt", i, i == 3 ? sum : 1.0});
    log.write(CausalityEvent{"ttt", 100, 100, changed, changed ? 0.25 : 0.0});
    const double loss = 2.5, bpb = loss / std::numbers::ln2 * kTargets / kBytes;
    log.write(ValidationEvent{"ttt", "artifact", loss, bpb, kTargets, kBytes, pass_ms, 2, true});
    log.write(PhaseEndEvent{kPartEval, 450'000});
    facts_.ledger_head = ledger.close();
    log.write(LedgerEvent{"ledger.jsonl", facts_.ledger_head});
  }
  void write_all() { write_train(), write_pack(), write_eval(); }

  Verdict verdict(const std::string& rule, Reading reading) {
    for (const auto& v : judge(gather_evidence(facts_), ruleset_))
      if (v.rule == rule && v.reading == reading) return v;
    throw std::logic_error("no verdict " + rule);
  }
  Verdict strict(const std::string& rule) { return verdict(rule, Reading::strict); }
  Verdict practice(const std::string& rule) { return verdict(rule, Reading::practice); }

  static constexpr int64_t kTargets = 100'000, kBytes = 243'600;
  RunFacts facts_;
  Ruleset ruleset_ = load_ruleset(kRules);
  std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("judge_run_test." + std::to_string(::getpid()));
};

TEST_F(JudgeRunTest, ALegalRunPassesEveryRule) {
  write_all();
  const auto verdicts = judge(gather_evidence(facts_), ruleset_);
  EXPECT_EQ(verdicts.size(), 34u);
  for (const auto& v : verdicts) {
    EXPECT_EQ(v.status, Status::pass) << v.rule << " " << reading_name(v.reading) << ": " << v.reason;
    EXPECT_FALSE(v.citation.empty());
  }
  EXPECT_EQ(outcome(verdicts, Reading::strict), Status::pass);
  EXPECT_EQ(outcome(verdicts, Reading::practice), Status::pass);
}

TEST_F(JudgeRunTest, JudgingIsAPureFunction) {
  write_all();
  const auto run = gather_evidence(facts_);
  EXPECT_EQ(verdicts_to_json(judge(run, ruleset_)), verdicts_to_json(judge(run, ruleset_)));
}

TEST_F(JudgeRunTest, WithoutEvidenceNothingPasses) {
  facts_.phases.clear();
  facts_.model_bytes.reset();
  facts_.artifact_sha256.clear();
  facts_.manifest.clear();
  facts_.gpu.clear();
  facts_.val_targets.reset();
  const auto verdicts = judge(gather_evidence(facts_), ruleset_);
  for (const auto& v : verdicts) EXPECT_EQ(v.status, Status::unknown) << v.rule << ": " << v.reason;
  EXPECT_EQ(outcome(verdicts, Reading::practice), Status::unknown);
  EXPECT_EQ(outcome({}, Reading::strict), Status::unknown);
}

TEST_F(JudgeRunTest, SizeIsRecountedPlusClaimedCode) {
  write_all();
  facts_.model_bytes = 16'132'620;
  facts_.code_bytes = 49'461;
  const auto v = strict("artifact_size");
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_EQ(v.observed, 16'182'081);
  EXPECT_EQ(v.limit, 16'000'000);
  EXPECT_EQ(v.reason, "model 16,132,620 + code 49,461: over by 182,081 bytes");
  EXPECT_EQ(practice("artifact_size").status, Status::fail);
  EXPECT_EQ(strict("artifact_identity").status, Status::fail);  // packing reported another size
}

TEST_F(JudgeRunTest, TheLastByteCounts) {
  write_all();
  facts_.code_bytes = 100'000;
  EXPECT_EQ(strict("artifact_size").status, Status::pass);
  facts_.code_bytes = 100'001;
  EXPECT_EQ(strict("artifact_size").status, Status::fail);
}

TEST_F(JudgeRunTest, AWrapperCountsInPracticeOnly) {
  write_all();
  facts_.code_bytes = 34'205;
  facts_.shipped_code_bytes = 172'613;
  EXPECT_EQ(strict("artifact_size").observed, 16'072'613);
  EXPECT_EQ(strict("artifact_size").status, Status::fail);
  EXPECT_EQ(practice("artifact_size").observed, 15'934'205);
  EXPECT_EQ(practice("artifact_size").status, Status::pass);
}

TEST_F(JudgeRunTest, AStepThatBeganInTimeIsToleratedInPractice) {
  write_train(600'062, 88.8), write_pack(), write_eval();
  facts("train").span_ms[kPartTrainLoop] = 600'062;
  EXPECT_EQ(strict("train_time").status, Status::fail);
  EXPECT_EQ(strict("train_time").observed, 600'062);
  EXPECT_EQ(practice("train_time").status, Status::warn);
  EXPECT_EQ(practice("train_time").reason,
            "loop 600.062 s: over by 0.062 s; the last step (0.089 s) began before the limit");
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

TEST_F(JudgeRunTest, AFalseWordOnAPartIsNoCleanPass) {
  write_all();
  facts("eval").span_ms[kPartEval] = 474'000;  // 5 % and 2 s: a late line of the log
  EXPECT_EQ(strict("eval_time").status, Status::pass);
  facts("eval").span_ms[kPartEval] = 476'000;
  EXPECT_EQ(strict("eval_time").status, Status::warn);
  EXPECT_EQ(practice("eval_time").status, Status::warn);
  EXPECT_EQ(practice("eval_time").observed, 476'000);
  EXPECT_EQ(practice("eval_time").reason,
            "the scored pass; 'eval.scored' took 450.000 s by the phase's own word, 476.000 s by the harness's clock");
  facts("eval").span_ms[kPartEval] = 601'000;
  EXPECT_EQ(practice("eval_time").status, Status::fail);
  facts("eval").span_ms[kPartEval] = 300'000;  // nor is one that overstates
  EXPECT_EQ(strict("eval_time").status, Status::warn);
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

TEST_F(JudgeRunTest, ALongEvaluationFails) {
  write_all();
  facts("eval").span_ms["eval.sliding"] = 223'155;
  EXPECT_EQ(strict("eval_time").status, Status::fail);    // every pass over validation data
  EXPECT_EQ(practice("eval_time").status, Status::pass);  // the scored pass
  EXPECT_EQ(strict("eval_time").observed, 673'155);
  EXPECT_EQ(practice("eval_time").observed, 450'000);
  facts("eval").span_ms[kPartEval] = 688'000;
  EXPECT_EQ(practice("eval_time").status, Status::fail);
}

TEST_F(JudgeRunTest, AScalingIsNamedBesideItsFigures) {
  write_all();
  facts_.as_run = false, facts_.profile = "demo";
  EXPECT_THAT(strict("artifact_size").reason, HasSubstr("of profile 'demo', not the submission as it ran"));
  EXPECT_EQ(strict("byte_count").reason, "equal to the recount of the text behind the scored targets");
}

TEST_F(JudgeRunTest, AKilledPhaseProvesNothing) {
  write_all();
  facts("train").finished = facts("eval").finished = false;
  EXPECT_EQ(strict("train_time").status, Status::unknown);
  EXPECT_EQ(strict("eval_time").status, Status::unknown);
}

TEST_F(JudgeRunTest, OtherHardwareLeavesTheQuestionOpen) {
  write_all();
  facts_.gpu = "NVIDIA H100 PCIe";
  EXPECT_EQ(strict("hardware").status, Status::unknown);
  EXPECT_EQ(strict("hardware").observed, "8x NVIDIA H100 PCIe");
  facts_.gpu.clear();
  EXPECT_EQ(strict("hardware").observed, "CPU");
  EXPECT_EQ(outcome(judge(gather_evidence(facts_), ruleset_), Reading::practice), Status::pass);
  EXPECT_EQ(outcome(judge(gather_evidence(facts_), ruleset_), Reading::strict), Status::unknown);
}

// PR 334 as run, and with ttt.enabled = false.
TEST_F(JudgeRunTest, TrainingOnValidationBeforeScoringFails) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    for (int epoch = 0; epoch < 3; ++epoch)
      for (int64_t at = 0; at < kTargets; at += 1024) ledger.update("model", {{at, std::min(at + 1024, kTargets)}});
    score_all(ledger);
  });
  for (const auto& v : {strict("score_before_update"), practice("score_before_update")}) {
    EXPECT_EQ(v.status, Status::fail);
    EXPECT_EQ(v.observed, 300'000);
    EXPECT_EQ(v.limit, 0);
    EXPECT_EQ(v.evidence, "ledger.jsonl:2");
    EXPECT_THAT(v.reason, HasSubstr("100,000 targets were scored by a state fitted to them"));
  }
  EXPECT_EQ(strict("scored_once").status, Status::pass);
  EXPECT_EQ(strict("ledger_intact").status, Status::pass);
}

TEST_F(JudgeRunTest, ChunksInFileOrderWithoutBarriersAreToleratedInPractice) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    for (int r = 0; r < 8; ++r)
      ledger.score("ttt", {{r * 12'500, (r + 1) * 12'500}}, {"model", "mixer:r" + std::to_string(r)}, r);
    for (int r = 0; r < 8; ++r) ledger.update("mixer:r" + std::to_string(r), {{0, kTargets}}, r);
    ledger.sync();
    ledger.score("later", {{0, 10}}, {"mixer:r0"});
  });
  EXPECT_EQ(strict("score_before_update").status, Status::fail);  // state that nothing headline reads again
  EXPECT_EQ(practice("score_before_update").status, Status::warn);
}

TEST_F(JudgeRunTest, MissingAndRepeatedTargetsHaveTheirTolerance) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    ledger.score("ttt", {{0, 64}, {2048, kTargets}});
    for (int i = 0; i < 31; ++i) ledger.score("ttt", {{kTargets - 64, kTargets}});
  });
  EXPECT_EQ(strict("scored_once").status, Status::fail);
  EXPECT_EQ(strict("scored_once").observed, 1984 + 1984);
  EXPECT_THAT(strict("scored_once").reason, HasSubstr("100,000 targets, 98,016 of them scored, 1,984 scored again"));
  EXPECT_EQ(practice("scored_once").status, Status::warn);
}

TEST_F(JudgeRunTest, ALedgerAboutFewerTargetsThanTheDataHaveIsFound) {
  write_all();
  facts_.val_targets = kTargets + 5000;
  EXPECT_EQ(strict("scored_once").status, Status::fail);
  EXPECT_EQ(practice("scored_once").status, Status::fail);
  EXPECT_EQ(strict("scored_once").observed, 5000);
}

TEST_F(JudgeRunTest, AResultOfAnotherPassIsFound) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    score_all(ledger);
    ledger.update("model", {{0, kTargets}});
    ledger.score("second", {{0, kTargets}});
  });
  std::filesystem::remove(dir_ / "eval.events.jsonl");
  EventLog log(dir_ / "eval.events.jsonl", {"eval", "", ""});
  log.write(ValidationEvent{"second", "artifact", 1, 1, kTargets, kBytes, 1, 2, true});
  EXPECT_EQ(strict("scored_once").status, Status::fail);
  EXPECT_THAT(strict("scored_once").reason, HasSubstr("pass 'second', the ledger has 100,000 of pass 'ttt'"));
}

TEST_F(JudgeRunTest, AnEditedLedgerFailsAndDecidesNothing) {
  write_all();
  auto text = read_text(dir_ / "ledger.jsonl");
  text.replace(text.find("0+100000"), 8, "0+099999");
  write_file_atomic(dir_ / "ledger.jsonl", text);
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_THAT(strict("ledger_intact").reason, HasSubstr("ledger.jsonl:2: hash chain broken"));
  EXPECT_EQ(strict("score_before_update").status, Status::unknown);
  EXPECT_EQ(strict("scored_once").status, Status::unknown);
}

TEST_F(JudgeRunTest, ARewrittenLedgerIsNotTheOneThatWasClosed) {
  write_train(), write_pack(), write_eval([](Ledger& ledger) {
    ledger.update("model", {{0, kTargets}});
    score_all(ledger);
  });
  std::filesystem::remove(dir_ / "ledger.jsonl");
  Ledger forged(dir_ / "ledger.jsonl", {"ttt", kTargets, 8});
  score_all(forged);
  forged.close();
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_THAT(strict("ledger_intact").reason, HasSubstr("not the ledger that the evaluation closed"));
}

TEST_F(JudgeRunTest, ALedgerWithoutARecordedHeadProvesNothing) {
  write_all();
  facts_.ledger_head.clear();  // the log's own word for it is no second witness
  EXPECT_EQ(strict("ledger_intact").status, Status::unknown);
}

TEST_F(JudgeRunTest, ALogThatWasEditedIsNoEvidence) {
  write_all();
  const auto log = dir_ / "eval.events.jsonl";
  facts("eval").events_sha256 = sha256_file(log);
  EXPECT_EQ(strict("normalised").status, Status::pass);
  write_file_atomic(log, read_text(log) + "\n");
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_THAT(strict("ledger_intact").reason, HasSubstr("not the log that the phase left"));
  for (const char* rule : {"normalised", "causal", "byte_count", "artifact_identity", "evaluation_without_training"})
    EXPECT_EQ(strict(rule).status, Status::unknown) << rule;
}

TEST_F(JudgeRunTest, LogsThatAreGoneOrOfAnotherConfigurationProveNothing) {
  write_all();
  facts_.config_sha256 = std::string(64, 'c');
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  facts_.config_sha256.clear();
  std::filesystem::remove(dir_ / "pack.events.jsonl");
  EXPECT_EQ(strict("artifact_identity").status, Status::unknown);
}

TEST_F(JudgeRunTest, AnUnknownTrackExcusesNothing) {
  write_all();
  facts_.track = "10min_16MB";
  for (const char* rule : {"train_time", "eval_time", "hardware"}) {
    EXPECT_EQ(practice(rule).status, Status::unknown) << rule;
    EXPECT_THAT(practice(rule).reason, HasSubstr("has no track '10min_16MB'"));
  }
}

TEST_F(JudgeRunTest, ACutLedgerFails) {
  write_all();
  const auto text = read_text(dir_ / "ledger.jsonl");
  write_file_atomic(dir_ / "ledger.jsonl", text.substr(0, text.rfind("{\"op\":\"END\"")));
  EXPECT_EQ(strict("ledger_intact").status, Status::fail);
  EXPECT_EQ(strict("score_before_update").status, Status::unknown);
  facts("eval").finished = false;
  EXPECT_EQ(strict("ledger_intact").status, Status::unknown);
}

TEST_F(JudgeRunTest, AScoreThatIsNoDistributionFails) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 16, 277.0);
  EXPECT_EQ(strict("normalised").status, Status::fail);
  EXPECT_EQ(practice("normalised").observed, 277.0);
  EXPECT_EQ(practice("normalised").limit, "1 ± 0.001");
  EXPECT_EQ(practice("normalised").evidence, "eval.events.jsonl:7");
}

TEST_F(JudgeRunTest, NoProbeIsNoObstacleInPractice) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 0);
  EXPECT_EQ(practice("normalised").status, Status::unknown);
  EXPECT_FALSE(practice("normalised").counts);
  EXPECT_TRUE(strict("normalised").counts);
}

TEST_F(JudgeRunTest, AScoreThatSawTheFutureFails) {
  write_train(), write_pack(), write_eval(score_all, 450'000, 16, 1.0, 240);
  EXPECT_EQ(practice("causal").status, Status::fail);
  EXPECT_EQ(practice("causal").observed, 240);
}

TEST_F(JudgeRunTest, ValidationDataInTrainingFails) {
  write_all();
  facts("train").visible.push_back("val");
  EXPECT_EQ(strict("training_without_validation").status, Status::fail);
  facts("train").visible = {"train"};
  facts("train").denied = {{"val", "open /data/val/0.bin", 3}};
  EXPECT_EQ(practice("training_without_validation").status, Status::fail);
  EXPECT_EQ(practice("training_without_validation").reason, "train tried: open /data/val/0.bin (3 times)");
  EXPECT_EQ(practice("training_without_validation").observed, 3);
  facts("train").denied.clear();
  facts("train").isolation.clear();
  EXPECT_EQ(strict("training_without_validation").status, Status::unknown);
  EXPECT_EQ(practice("training_without_validation").status, Status::pass);
}

TEST_F(JudgeRunTest, AnAttemptCountsForTheRuleThatItIsAbout) {
  write_all();
  facts("train").denied = {{"network", "socket AF_INET", 1}, {"train", "open /data/other/train/0.bin", 1}};
  facts("eval").denied = {{"val", "open /data/other/val/0.bin", 1}, {"write", "open /usr/x to write", 2}};
  EXPECT_EQ(strict("training_without_validation").status, Status::pass);
  EXPECT_EQ(strict("evaluation_without_training").status, Status::pass);
  EXPECT_EQ(strict("kept_to_sandbox").status, Status::fail);
  EXPECT_EQ(strict("kept_to_sandbox").observed, 5);
  EXPECT_EQ(practice("kept_to_sandbox").status, Status::warn);
  EXPECT_FALSE(practice("kept_to_sandbox").counts);
  EXPECT_EQ(strict("kept_to_sandbox").reason,
            "train tried: socket AF_INET; open /data/other/train/0.bin. "
            "eval tried: open /data/other/val/0.bin; open /usr/x to write (2 times)");
  facts("eval").denied = {{"network", "socket AF_INET", 1}};
  EXPECT_EQ(practice("evaluation_without_training").status, Status::fail);
  facts("eval").denied = {{"train", "open /data/train/0.bin", 1}};
  EXPECT_EQ(practice("evaluation_without_training").status, Status::fail);
}

TEST_F(JudgeRunTest, ARunThatWasNotWatchedIsNotHeldAgainstIt) {
  write_all();
  facts("pack").watched = false;
  EXPECT_EQ(strict("kept_to_sandbox").status, Status::unknown);
  EXPECT_EQ(strict("kept_to_sandbox").reason, "the system calls of pack were not watched");
  EXPECT_FALSE(strict("kept_to_sandbox").counts);
  EXPECT_EQ(outcome(judge(gather_evidence(facts_), load_ruleset(kRules)), Reading::strict), Status::pass);
  facts("train").denied = {{"system", "ptrace", 1}};
  EXPECT_EQ(strict("kept_to_sandbox").status, Status::fail);
}

TEST_F(JudgeRunTest, OpenedValidationFilesAreNamed) {
  write_pack(), write_eval();
  {
    EventLog log(dir_ / "train.events.jsonl", {"train", "", ""});
    log.write(DataEvent{"val", "val/0.bin", "v0", 1});
  }
  EXPECT_EQ(practice("training_without_validation").status, Status::fail);
  EXPECT_EQ(practice("training_without_validation").evidence, "train.events.jsonl:2");
}

TEST_F(JudgeRunTest, EvaluationWithANetworkIsNotProvenClean) {
  write_all();
  facts("eval").network = true;
  EXPECT_EQ(strict("evaluation_without_training").status, Status::unknown);
  EXPECT_EQ(practice("evaluation_without_training").status, Status::pass);
}

TEST_F(JudgeRunTest, ForeignDataFail) {
  write_all();
  facts_.manifest[1].sha256 = "other";
  EXPECT_EQ(strict("data_hashes").status, Status::fail);
  EXPECT_EQ(strict("data_hashes").evidence, "eval.events.jsonl:3");
}

TEST_F(JudgeRunTest, BytesAreHeldAgainstTheRecount) {
  write_all();
  facts_.val_bytes = kBytes + 1;
  EXPECT_EQ(strict("byte_count").status, Status::fail);
  facts_.val_bytes.reset();
  EXPECT_EQ(strict("byte_count").status, Status::unknown);
  facts_.val_targets = kTargets - 64;  // the stream is shorter than the scores by a repeated tail
  facts_.val_bytes = kBytes - 160;
  EXPECT_EQ(strict("byte_count").status, Status::warn);
  facts_.val_bytes = kBytes - 16'000;
  EXPECT_EQ(strict("byte_count").status, Status::fail);
}

TEST_F(JudgeRunTest, AnExchangedArtifactFails) {
  write_all();
  facts_.artifact_sha256 = "bb";
  EXPECT_EQ(strict("artifact_identity").status, Status::fail);
}

TEST_F(JudgeRunTest, RulesHoldFromTheirDayOn) {
  write_all();
  const auto run = gather_evidence(facts_);
  const auto has = [&](std::string_view date, std::string_view rule) {
    const auto verdicts = judge(run, ruleset_, date);
    return std::any_of(verdicts.begin(), verdicts.end(), [&](const Verdict& v) { return v.rule == rule; });
  };
  EXPECT_FALSE(has("2026-03-19", "score_before_update"));
  EXPECT_TRUE(has("2026-03-20", "score_before_update"));
  EXPECT_FALSE(has("2026-03-26", "normalised"));
  EXPECT_TRUE(has("2026-03-27", "normalised"));
  EXPECT_THROW(judge(run, ruleset_, "yesterday"), Error);
}

}  // namespace
}  // namespace pgolf
