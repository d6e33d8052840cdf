// A run as the judge sees it, for tests that spoil one thing of it.
#pragma once

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <functional>
#include <numbers>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/twin.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/gather_evidence.h"
#include "judge/judge.h"

namespace pgolf {

inline constexpr char kRules[] = PGOLF_SOURCE_DIR "/rules/pg-2026-05-02.3.toml";

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
    facts_.submission = "mine";
    facts_.code_bytes = facts_.code_file_bytes = 50'000;
    facts_.code_file = "train_gpt.py";
    facts_.gpu = "NVIDIA H100 80GB HBM3";
    facts_.gpu_count = 8;
    facts_.manifest = {{"train", "train/0.bin", "t0"}, {"val", "val/0.bin", "v0"}, {kTwinRole, "val/0.bin", "w0"}};
    facts_.audit = honest_audit();
    facts_.val_targets = kTargets;
    facts_.val_bytes = kBytes;
    facts_.engine_sha256 = "ee";
    facts_.extent = {"the test's", 1, 500, 500, "train.log"};
    facts_.overlap = {0, 1000, true, ""};
    facts_.config = Config{};
    facts_.config->train.iterations = 2;
    facts_.config->train.batch_tokens = kBatchTokens;
    facts_.config->train.world_size = 8;
    facts_.config->ttt.enabled = true, facts_.config->ttt.kind = TttKind::phased_lora;
    facts_.num_params = 26'000'000;
    facts_.val_tokens_sha256 = "v";
    ruleset_.streams.push_back({"the test's text", kTargets, kBytes, "v"});
  }
  ~JudgeRunTest() override { std::filesystem::remove_all(dir_); }

  static PhaseFacts phase(std::string name, double wall, std::map<std::string, double> spans,
                          std::vector<std::string> visible) {
    return {std::move(name),
            true,
            wall,
            std::move(spans),
            std::move(visible),
            "bubblewrap",
            false,
            {},
            true,
            {},
            "ee",
            0,
            {},
            {}};
  }
  // The same bits, and a gap of 0 between two texts of 50 documents.
  static AuditFacts honest_audit() {
    AuditFacts out;
    out.artifact_sha256 = "aa", out.device = "the test's", out.own_engine = out.same_kind = true;
    out.claimed_bpb = out.found_bpb = 1.2;
    out.log.emplace();
    out.log->events.push_back({2, 0, DataEvent{kTwinRole, "0.bin", "w0", 1}});
    for (const char* pass : {kTwinValPass, kTwinPass})
      out.log->events.push_back({3, 0, DocumentsEvent{pass, 50, 2000, 5000, 4000, 330'000, 400'000, 500'000}});
    return out;
  }
  PhaseFacts& facts(const std::string& name) {
    for (auto& p : facts_.phases)
      if (p.name == name) return p;
    throw std::logic_error(name);
  }

  void write_train(double loop_ms = 595'000, double step_ms = 90) {
    EventLog log(dir_ / "train.events.jsonl", {"train", "", ""});
    log.write(DataEvent{"train", "train/0.bin", "t0", 2024});
    log.write(StepEvent{.step = 1, .train_loss = 7, .elapsed_ms = loop_ms - step_ms, .tokens = kBatchTokens});
    log.write(StepEvent{.step = 2, .train_loss = 6, .elapsed_ms = loop_ms, .tokens = kBatchTokens});
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
                  int64_t changed = 0, int64_t stream = kTargets) {
    Ledger ledger(dir_ / "ledger.jsonl", {"ttt", stream, 8});
    story(ledger);
    EventLog log(dir_ / "eval.events.jsonl", {"eval", "", ""});
    log.write(DataEvent{"artifact", "artifact.bin", "aa", 1});
    log.write(DataEvent{"val", "val/0.bin", "v0", 1});
    for (int i = 0; i < samples; ++i) log.write(NormalisationEvent{"ttt", i, i == 3 ? sum : 1.0});
    log.write(CausalityEvent{"ttt", 100, 100, changed, changed ? 0.25 : 0.0});
    const double loss = 2.5, bpb = loss / std::numbers::ln2 * kTargets / kBytes;
    log.write(StreamEvent{"ttt", kTargets / 2, loss * kTargets / 2, kBytes / 2});
    log.write(StreamEvent{"ttt", kTargets, loss * kTargets, kBytes});
    log.write(ValidationEvent{"ttt", "artifact", loss, bpb, kTargets, kBytes, pass_ms, true});
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

  static constexpr int64_t kTargets = 100'000, kBytes = 243'600, kBatchTokens = 524'288;
  RunFacts facts_;
  Ruleset ruleset_ = load_ruleset(kRules);
  std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("judge_run_test." + std::to_string(::getpid()));
};

}  // namespace pgolf
