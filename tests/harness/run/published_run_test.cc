// Runs of the engine on the clock of a made-up log, from the log to the verdict on its claim.
#include <gmock/gmock.h>

#include <fstream>

#include "base/file.h"
#include "base/json.h"
#include "resolve/published_log.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

// Twelve steps of 100 ms by a limit of 1.2 s, the last four on a falling rate.
constexpr char kLog[] =
    "seed:5\n"
    "step:0/20000 val_loss:6.9 val_bpb:4.1 train_time:0ms\n"
    "step:1/20000 train_loss:6.9300 train_time:101ms step_avg:101.00ms\n"
    "step:2/20000 train_loss:6.9000 train_time:200ms step_avg:100.00ms\n"
    "step:10/20000 train_loss:6.5000 train_time:1001ms step_avg:100.10ms\n"
    "stopping_early: wallclock_cap train_time:1203ms step:12/20000\n";

constexpr char kSubmission[] = R"(format = "pgolf.submission/1"
[submission]
id = "pr-1"
pr = 1
title = "made up"
author = "nobody"
date = "2026-03-21"
track = "10min_16mb"
hardware = "8x H100 80GB SXM"
seeds = [5]
[upstream]
repository = "openai/parameter-golf"
commit = "0499c9acf4d46a3369697398fed0d6e307809aec"
path = "records/none"
script_sha256 = "cb351bd0ee8eaec5a3c4016c60debd05c7c434a56e1f9e3505d386a85f898856"
[code]
bytes = 1000
counted = "bytes"
[headline]
source = "train.log"
eval = "sliding"
val_bpb = "@BPB@"
[techniques]
optimizer = ["Muon"]
[config.model]
num_layers = 2
model_dim = 64
num_heads = 2
num_kv_heads = 1
mlp_hidden = 96
[config.train]
seq_len = 32
batch_tokens = 128
grad_accum_steps = 1
world_size = 2
iterations = 20000
max_wallclock_seconds = 1.2
warmup_steps = 1
log_every = 5
[config.schedule]
warmdown_iters = 4
[config.eval]
seq_len = 32
stride = 16
[[claims]]
source = "train.log"
seed = 5
steps = 12
val_targets = @TARGETS@
[[claims.evals]]
name = "sliding"
val_bpb = "@BPB@"
)";

class PublishedRunTest : public HarnessFixture {
 protected:
  PublishedRunTest() { directory_.file("logs/train.log", kLog); }

  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments,
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_SUBMISSIONS=" + submissions().string()});
  }
  std::filesystem::path submissions() const { return directory_.path() / "submissions"; }
  std::filesystem::path published() const { return submissions() / "pr-1" / kPublishedLog; }

  // The submission claims this, and has the published log.
  void claim(const std::string& bpb, int64_t targets) const {
    std::string text = kSubmission;
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>("@BPB@", bpb), {"@TARGETS@", std::to_string(targets)}})
      for (size_t at = text.find(from); at != std::string::npos; at = text.find(from))
        text.replace(at, from.size(), to);
    directory_.file("submissions/pr-1/submission.toml", text);
    pgolf({"check", "1", "--logs", (directory_.path() / "logs").string(), "--save-clock", published().string()});
  }
  // A ruleset that takes these data for the challenge's.
  std::string rules(int64_t targets, int64_t bytes) const {
    std::string text = read_text(source_dir() / "rules/pg-2026-05-02.3.toml");
    text.replace(text.find("id = \"pg-2026-05-02.3\""), 22, "id = \"pg-test\"");
    text.replace(text.find("[[streams]]"), 0,
                 fmt::format("[[streams]]\nname = \"test\"\ntargets = {}\nbytes = {}\n", targets, bytes));
    return directory_.file("rules.toml", text).string();
  }
  Json reproduce(std::vector<std::string> more = {}, int exit_code = 3) const {
    std::vector<std::string> arguments = {
        "reproduce", "1", "--data", data().directory.string(), "--device", "cpu", "--clock", "published", "--json"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const CommandResult r = pgolf(arguments);
    EXPECT_EQ(r.exit_code, exit_code) << r.err;
    return Json::parse(r.out);
  }
  static std::string status(const Json& run, const std::string& rule, const std::string& reading = "strict") {
    for (const Json& v : run.at("verdicts"))
      if (v.at("rule") == rule && v.at("reading") == reading) return v.at("status");
    return "";
  }
};

TEST_F(PublishedRunTest, TheNumberDecidesAndTimesSayNothing) {
  claim("9.0", 1);
  const Json first = reproduce();
  EXPECT_EQ(first.at("as_run"), true);
  EXPECT_EQ(first.at("metrics").at("steps"), 12);
  EXPECT_EQ(first.at("metrics").at("train_clock_ms"), 1203);
  EXPECT_EQ(first.at("published_clock").at("text"), "as run, on the published clock: train.log, seed 5, 12 steps");
  EXPECT_THAT(first.at("command").dump(), HasSubstr("\"--clock\",\"published\""));
  for (const char* rule : {"train_time", "eval_time", "hardware"}) EXPECT_EQ(status(first, rule), "unknown") << rule;
  EXPECT_EQ(first.at("reproduction").at("outcome"), "inconclusive");  // other data than claimed

  const double bpb = first.at("metrics").at("val_bpb_sliding");
  const int64_t targets = first.at("metrics").at("val_targets"), bytes = first.at("metrics").at("val_bytes");
  const std::string ruleset = rules(targets, bytes);
  claim(fmt::format("{:.8f}", bpb), targets);
  EXPECT_EQ(reproduce({"--rules", ruleset}).at("reproduction").at("outcome"), "reproduced");
  claim(fmt::format("{:.8f}", bpb + 0.5), targets);
  const Json wrong = reproduce({"--rules", ruleset}, 1);
  EXPECT_EQ(wrong.at("reproduction").at("outcome"), "not reproduced");
  EXPECT_THAT(std::string(wrong.at("reproduction").at("reason")), HasSubstr("as run on the published clock"));
  EXPECT_THAT(pgolf({"show", "last"}).out, HasSubstr("clock       as run, on the published clock"));
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("record@"));
  EXPECT_EQ(Json::parse(pgolf({"ls", "--json"}).out).at("runs").at(0).at("published_clock"), true);

  // It is replayed to the same artifact, on the same clock.
  const Json again = Json::parse(pgolf({"reproduce", "1", "--replay", "last", "--json"}).out);
  EXPECT_EQ(again.at("replay").at("equal"), true);
  EXPECT_EQ(again.at("published_clock").at("steps"), 12);
  EXPECT_EQ(status(again, "train_time"), "unknown");

  const CommandResult fit = pgolf({"diff", "last", "claims:1", "--json"});  // a log that nobody trained
  EXPECT_EQ(fit.exit_code, 1) << fit.err;
  const Json fitted = Json::parse(fit.out);
  EXPECT_EQ(fitted.at("points"), 3);
  EXPECT_EQ(fitted.at("greatest").at("step"), 10);
  EXPECT_EQ(fitted.at("greatest").at("published"), 6.5);
  EXPECT_LT(fitted.at("greatest").at("run").get<double>(), 6.0);  // these few documents are soon learned
  EXPECT_EQ(fitted.at("lies_on"), false);
  EXPECT_EQ(pgolf({"diff", "last", "claims:1@6"}).exit_code, 2);
  EXPECT_EQ(pgolf({"diff", "last", "claims:2"}).exit_code, 7);
  EXPECT_EQ(pgolf({"diff", "claims:1", "last"}).exit_code, 2);
}

TEST_F(PublishedRunTest, ResampledItIsNotAsRun) {
  claim("9.0", 1);
  const Json run = reproduce({"--steps", "6"});
  EXPECT_EQ(run.at("as_run"), false);
  EXPECT_EQ(run.at("metrics").at("steps"), 6);
  EXPECT_EQ(run.at("published_clock").at("text"), "on the published clock: train.log, seed 5, 12 steps resampled to 6");
  EXPECT_EQ(status(run, "train_time"), "unknown");
  const Json schedule = Json::parse(read_text(workspace().run(run.at("run_id")).schedule()));
  EXPECT_EQ(schedule.at("published").at("steps"), 12);
  EXPECT_EQ(schedule.at("train").size(), 6u);
  // Step 6 of 6 begins where step 11 of 12 did: after 10 steps and 1001 ms, 199 ms before the end.
  EXPECT_NEAR(schedule.at("train").at(5).at("lr_scale").get<double>(), 199 / (4 * 100.1), 1e-12);
  const Json again = Json::parse(pgolf({"reproduce", "1", "--replay", "last", "--json"}).out);
  EXPECT_EQ(again.at("replay").at("equal"), true);
  EXPECT_EQ(again.at("published_clock").at("run_steps"), 6);
}

TEST_F(PublishedRunTest, BadInputIsOneLine) {
  claim("9.0", 1);
  const auto refused = [&](std::vector<std::string> arguments, int exit_code, const std::string& words) {
    const CommandResult r = pgolf(std::move(arguments));
    EXPECT_EQ(r.exit_code, exit_code) << r.err;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_THAT(r.err, HasSubstr(words));
  };
  const std::string logs = (directory_.path() / "logs").string(), file = directory_.path() / "out.json";
  const std::vector<std::string> run = {"reproduce", "1", "--data", data().directory.string(), "--clock", "published"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), run.begin(), run.end());
    return more;
  };
  refused(with({"--seed", "6"}), 2, "pr-1 has no published log of seed 6; there are: 5");
  refused(with({"--seconds", "3"}), 2, "--steps shortens it");
  refused(with({"--set", "train.max_wallclock_seconds=3"}), 2, "leave the time limit as it is");
  refused(with({"--replay", "last"}), 2, "leave one of the two out");

  std::string text = kLog;
  for (const auto& [from, to, words] :
       {std::tuple("train_time:", "time:", "gives no clock"), std::tuple("200ms", "2000ms", "the time goes back"),
        std::tuple("step:12/", "step:11/", "stops at step 11, where 12 are claimed"),
        std::tuple("stopping_early:", "...", "without the line at which training stopped")}) {
    std::string changed = text;
    for (size_t at = changed.find(from); at != std::string::npos; at = changed.find(from, at + 1))
      changed.replace(at, std::string(from).size(), to);
    directory_.file("logs/train.log", changed);
    refused({"check", "1", "--logs", logs, "--save-clock", file}, 4, words);
    EXPECT_FALSE(std::filesystem::exists(file));
  }
  std::filesystem::remove(directory_.path() / "logs/train.log");
  refused({"check", "1", "--logs", logs, "--save-clock", file}, 7, "has none of train.log");
  std::ofstream(published(), std::ios::app) << "x";
  refused(run, 4, "published-log.json: not valid JSON");
  std::filesystem::remove(published());
  refused(run, 2, "--save-clock FILE");
  EXPECT_EQ(pgolf({"ls"}).out.find("pr-1"), std::string::npos) << "nothing of this made a run";
}

// A run by the machine's clock says first what to expect of it.
TEST_F(PublishedRunTest, AnotherMachineIsToldFirst) {
  claim("9.0", 1);
  const CommandResult r = pgolf({"reproduce", "1", "--data", data().directory.string(), "--device", "cpu"});
  EXPECT_THAT(r.err,
              HasSubstr("8x H100 80GB SXM claimed, this run is on the CPU: expect a small fraction of the steps"));
  EXPECT_THAT(r.err, HasSubstr("--clock published"));
  EXPECT_THAT(pgolf({"reproduce", "1", "--data", data().directory.string(), "--device", "cpu", "--steps", "2"}).err,
              testing::Not(HasSubstr("--clock published")));
}

}  // namespace
}  // namespace pgolf
