// A record with runs in it, as the harness leaves them.
#pragma once

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <numbers>

#include "base/json.h"
#include "base/utc.h"
#include "db/store.h"
#include "judge/ruleset.h"

namespace pgolf {

inline constexpr RecordMargin kMargin{0.005, 0.01};

class Record {
 public:
  Record() { std::filesystem::create_directories(dir_); }
  ~Record() { std::filesystem::remove_all(dir_); }

  Store& store() { return store_; }

  // A submission whose every text is `text` where texts are free.
  void add_submission(const std::string& id = "pr-334", const std::string& title = "11 layers, EMA and TTT") {
    Json d;
    d["upstream"] = {{"repository", "openai/parameter-golf"}, {"commit", std::string(40, 'a')}};
    d["headline"] = {{"source", "README.md"}, {"eval", "live"}, {"val_loss", "2.0611"}, {"val_bpb", "1.2207"}};
    d["claims"] = {{{"source", "train.log"},
                    {"seed", 1337},
                    {"steps", 3374},
                    {"train_ms", 6400210},
                    {"model_bytes", 16132620},
                    {"total_bytes", 16182081},
                    {"num_params", 26666073},
                    {"evals", {{{"name", "live"}, {"val_loss", "2.0611"}, {"val_bpb", "1.2207"}}}}}};
    d["differences"] = {
        {{"claimed", "cosine warmdown"}, {"as_run", "linear in wall clock"}, {"evidence", "train_gpt.py"}}};
    store_.put_submission({id, title, "nathon-lee", "non_record_16mb", std::string(40, 'a'), 334, 49461, d.dump()});
  }

  // A run of `profile` that is queued and nothing else.
  void add_run(const std::string& run, const std::string& profile = "demo", int64_t seed = 1337,
               const std::string& submission = "pr-334", const std::vector<std::string>& overrides = {}) {
    Json pinned;
    pinned["submission"] = {{"id", submission}, {"code_bytes", 49461}};
    pinned["overrides"] = overrides;
    pinned["config"] = {{"model", {{"num_layers", 4}, {"model_dim", 128}}}, {"train", {{"iterations", 300}}}};
    const std::string sha = std::to_string(std::hash<std::string>{}(run)) + std::string(40, 'b');
    store_.put_pinned({sha.substr(0, 64), submission, profile, profile == "record" && overrides.empty(), seed, 1073945,
                       pinned.dump()});
    RunRow row;
    row.id = run, row.pinned = sha.substr(0, 64), row.directory = run;
    row.command = Json({"pgolf", "reproduce", "334", "--profile", profile, "--set", "note=it's \"quoted\""}).dump();
    store_.create_run(row);
    store_.put_environment(run, {{"cpu", "AMD EPYC"}, {"os", "Debian 12"}, {"sandbox", "bubblewrap"}});
  }

  void add_result(const std::string& run, double val_bpb, int64_t model_bytes = 913211) {
    store_.put_metric(run, "val_bpb", val_bpb);
    store_.put_metric(run, "val_loss", val_bpb * std::numbers::ln2 * 2.6);
    store_.put_metric(run, "val_bpb_prequant", val_bpb - 0.01);
    store_.put_metric(run, "steps", 300);
    store_.put_metric(run, "train_clock_ms", 41230);
    store_.put_metric(run, "tokens_trained", 1228800);
    store_.put_metric(run, "tok_per_s", 29803);
    ArtifactRow artifact;
    artifact.run = run, artifact.name = "artifact", artifact.path = "artifact.bin", artifact.bytes = model_bytes;
    artifact.sha256 = (std::to_string(std::hash<std::string>{}(run)) + std::string(64, 'c')).substr(0, 64);
    artifact.document = Json{{"classes",
                              {{{"name", "attention, int5"}, {"bytes", model_bytes * 35 / 100}},
                               {{"name", "mlp, int5"}, {"bytes", model_bytes * 48 / 100}},
                               {{"name", "embeddings, int8"}, {"bytes", model_bytes * 14 / 100}}}}}
                            .dump();
    store_.put_artifact(artifact);
  }

  void add_curves(const std::string& run, int steps = 300) {
    std::vector<CurvePoint> loss, stream;
    for (int s = 1; s <= steps; ++s)
      loss.push_back(
          {s, s * 137.0, 3.3 + 3.6 * std::exp(-s / 40.0) + 0.12 * std::sin(s * 12.9898) * std::cos(s * 4.1)});
    for (int i = 1; i <= 60; ++i) stream.push_back({i * 2048, i * 300.0, 2.05 + 0.3 / i + 0.01 * std::sin(i)});
    store_.put_curve(run, "train_loss", loss);
    store_.put_curve(run, "stream.sliding", stream);
  }

  void add_phase(const std::string& run, const std::string& name, double wall_ms, std::optional<double> counted_ms,
                 const std::string& part) {
    PhaseRow row;
    row.run = run, row.name = name, row.directory = ".", row.started_at = utc_now(), row.sandbox = "bubblewrap";
    row.wall_ms = wall_ms, row.cpu_ms = wall_ms * 1.9, row.max_rss_bytes = 412'000'000, row.outcome = "ok",
    row.exit_code = 0;
    Json document = {{"span_ms", Json::object()}};
    if (counted_ms) document["span_ms"][part] = *counted_ms;
    row.document = document.dump();
    store_.put_phase(row);
  }

  void add_verdict(JudgementRow& judgement, const std::string& rule, const std::string& title,
                   const std::string& reading, const std::string& status, const Json& observed, const Json& limit,
                   const std::string& unit, const std::string& reason, const std::string& citation) {
    const Json d = {{"rule", rule},         {"reading", reading}, {"status", status}, {"observed", observed},
                    {"limit", limit},       {"unit", unit},       {"reason", reason}, {"evidence", "ledger.jsonl:2"},
                    {"citation", citation}, {"counts", true},     {"title", title}};
    judgement.verdicts.push_back({rule, reading, status, d.dump()});
  }

  void add_judgement(const std::string& run, bool legal) {
    JudgementRow j;
    j.run = run, j.ruleset = "pg-2026-05-02", j.ruleset_sha256 = std::string(64, 'd'), j.as_of = "2026-05-02";
    for (const char* reading : {"strict", "practice"}) {
      add_verdict(j, "artifact_size", "Code plus compressed model fit in 16 MB", reading, "pass", 962672, 16000000,
                  "bytes", "model 913,211 + code 49,461: 15,037,328 bytes to spare",
                  "README, FAQ: 16,000,000 bytes, decimal");
      add_verdict(j, "train_time", "Training takes at most 10 minutes", reading, "pass", 41230, 600000, "ms",
                  "loop 41.230 s", "README: under 10 minutes on 8xH100");
      add_verdict(j, "eval_time", "Evaluation takes at most 10 minutes", reading, "pass", 18400, 600000, "ms",
                  "all passes", "README, FAQ: at most 10 minutes to evaluate");
      add_verdict(
          j, "score_before_update", "Every token an update saw was scored before", reading, legal ? "pass" : "fail",
          legal ? 0 : 122880, 0, "targets",
          legal ? "nothing was learned from validation tokens"
                : "122,880 target updates came before their score; first: line 2: rank 0 updates 'model' on targets "
                  "[0, 122880), which pass 'ttt' had not scored yet",
          std::string(reading) == "strict" ? "README, FAQ; condition 3 of #1017" : "As ruled on #402, #1376, #1972");
      add_verdict(j, "hardware", "Measured on 8xH100 SXM", reading, "unknown", "CPU", "8x H100 SXM", "",
                  "times measured here say nothing about those on the hardware of the rule", "README: the SXM variant");
    }
    store_.put_judgement(j);
  }

  // Everything, as a finished demo leaves it.
  void add_finished(const std::string& run, double val_bpb, bool legal = false, int64_t seed = 1337,
                    const std::vector<std::string>& overrides = {}) {
    add_run(run, "demo", seed, "pr-334", overrides);
    for (const auto state : {RunState::preparing, RunState::training, RunState::packing, RunState::artifact_saved,
                             RunState::evaluating, RunState::judging, RunState::done})
      store_.move(run, state);
    add_result(run, val_bpb);
    add_curves(run);
    add_phase(run, "train", 46'800, 41'230, "train");
    add_phase(run, "pack", 3'900, {}, "");
    add_phase(run, "eval", 21'600, 18'400, "eval.scored");
    add_judgement(run, legal);
  }

 private:
  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("reports_test." + std::to_string(::getpid()));
  Store store_ = Store::open(dir_ / "runs.db");
};

}  // namespace pgolf
