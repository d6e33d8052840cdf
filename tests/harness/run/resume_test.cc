// Runs that go on: after a failure that was not the submission's, from what training or packing had finished.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "engine/evidence/ledger_check.h"
#include "tests/campaign/audit.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;

class ResumeTest : public HarnessFixture {
 protected:
  std::vector<std::string> environment(const std::string& behaviour) const {
    return {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string(),
            "PGOLF_ENGINE_TEST=" + behaviour};
  }
  CommandResult pgolf(std::vector<std::string> arguments, const std::string& behaviour = "") const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, environment(behaviour));
  }
  std::vector<std::string> reproduce(std::vector<std::string> more = {}) const {
    std::vector<std::string> out = {"reproduce", "334", "--profile", "demo", "--data", data().directory.string(),
                                    "--json"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  // Starts pgolf, sends it `signal` while `phase` sleeps, and returns its exit code and what it printed.
  CommandResult interrupted(std::vector<std::string> arguments, const std::string& phase, int signal) const {
    const auto log = directory_.path() / "log";
    arguments.insert(arguments.begin(), pgolf_program().string());
    const pid_t pid = start_command(arguments, environment(phase + "=late:60"), log);
    for (int i = 0; i < 600 && !sleeping(phase); ++i) ::usleep(50'000);
    EXPECT_TRUE(sleeping(phase));
    ::kill(pid, signal);
    int status = 0;
    ::waitpid(pid, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), read_text(log),
            read_text(log.string() + ".err")};
  }
  // Whether the phase of an unfinished run has done its work and not ended. The ledger is the last of an evaluation's.
  bool sleeping(const std::string& phase) const {
    const auto store = Store::open_existing(workspace().database());
    if (!store) return false;
    for (const RunRow& run : store->unfinished_runs()) {
      const auto events = workspace().run(run.directory).scratch(phase) / (phase + ".events.jsonl");
      const std::string log = std::filesystem::exists(events) ? read_text(events) : "";
      if (log.size() > 200 && (phase != "eval" || log.find(R"("event":"ledger")") != std::string::npos)) return true;
    }
    return false;
  }
  static Json json_of(const CommandResult& result) { return Json::parse(result.out); }
  static int64_t attempts(const Json& run, const std::string& phase) {
    int64_t out = 0;
    for (const Json& row : run.at("phases")) out += row.at("name") == phase;
    return out;
  }
  // Goes on with a run, which gets to its end. Returns it.
  Json expect_done(const std::string& verb, const std::string& run) const {
    const CommandResult again = pgolf({verb, run, "--json"});
    EXPECT_THAT(again.exit_code, AnyOf(0, 1, 3)) << again.err;
    const Json j = json_of(again);
    EXPECT_EQ(j.at("state"), "done");
    EXPECT_TRUE(j.at("failure").is_null());
    EXPECT_TRUE(j.at("resume").is_null());
    EXPECT_EQ(j.at("val_bpb"), 1.25);
    EXPECT_EQ(j.at("artifact").at("sha256"), sha256_hex("packed: weights of seed 1337"));
    EXPECT_EQ(pgolf({verb, run}).exit_code, 2);  // it is done now
    const Store store = Store::open(workspace().database());
    store.check_integrity();
    EXPECT_THAT(campaign::audit(store, workspace()), IsEmpty());
    return j;
  }
  // A run cannot go on by `verb`: one line that says why.
  void expect_refused(const std::string& verb, const std::string& run, const std::string& why) const {
    const CommandResult again = pgolf({verb, run});
    EXPECT_EQ(again.exit_code, 2) << again.err;
    EXPECT_EQ(std::count(again.err.begin(), again.err.end(), '\n'), 1) << again.err;
    EXPECT_THAT(again.err, HasSubstr(why));
  }
  static Json verdict(const Json& run, const std::string& rule, const std::string& reading) {
    for (const Json& v : run.at("verdicts"))
      if (v.at("rule") == rule && v.at("reading") == reading) return v;
    ADD_FAILURE() << "no verdict of " << rule;
    return {};
  }
};

TEST_F(ResumeTest, AnEvaluationGoesOnAfterAnyFailureThatWasNotItsOwn) {
  for (const std::string behaviour : {"eval=exit:6", "eval=kill", "eval=signal:15", "eval=oom", "diagnose=kill"}) {
    const CommandResult first = pgolf(reproduce(), behaviour);
    EXPECT_EQ(first.exit_code, 6) << behaviour;
    const Json run = json_of(first);
    const std::string id = run.at("run_id");
    EXPECT_TRUE(run.at("artifact").is_object()) << behaviour;
    EXPECT_THAT(std::string(run.at("state")), AnyOf("failed", "killed"));
    EXPECT_EQ(run.at("resume").at("command"), "pgolf eval " + id) << behaviour;
    EXPECT_THAT(first.err, HasSubstr("`pgolf eval " + id + "` goes on from there"));
    expect_refused("pack", id, "its artifact is saved; `pgolf eval " + id + "`");
    const Json done = expect_done("eval", id);
    EXPECT_EQ(attempts(done, "eval"), behaviour == "diagnose=kill" ? 1 : 2);  // what had ended well is not done again
    EXPECT_EQ(attempts(done, "diagnose"), behaviour == "diagnose=kill" ? 2 : 1);
    EXPECT_THAT(std::string(done.at("environment").at("earlier_end_1")),
                HasSubstr(run.at("failure").at("message").get<std::string>()));
  }
}

TEST_F(ResumeTest, PackingGoesOnFromTheCheckpointToTheSameArtifact) {
  const Json undisturbed = json_of(pgolf(reproduce()));
  for (const std::string behaviour : {"pack=exit:6", "pack=kill", "pack=oom"}) {
    const CommandResult first = pgolf(reproduce(), behaviour);
    EXPECT_EQ(first.exit_code, 6) << behaviour << first.err;
    const Json run = json_of(first);
    const std::string id = run.at("run_id");
    EXPECT_TRUE(run.at("artifact").is_null());
    EXPECT_EQ(run.at("resume").at("command"), "pgolf pack " + id);
    expect_refused("eval", id, "it saved no artifact, but a checkpoint; `pgolf pack " + id + "`");
    const Json done = expect_done("pack", id);
    EXPECT_EQ(done.at("artifact"), undisturbed.at("artifact"));
    EXPECT_EQ(attempts(done, "train"), 1);
    EXPECT_EQ(attempts(done, "pack"), 2);
    EXPECT_TRUE(std::filesystem::exists(workspace().run(id).attempt("pack", 1) / "pack.stderr"));
    const Json seen = verdict(done, "phases_ran_once", "strict");
    EXPECT_EQ(seen.at("status"), "warn");
    EXPECT_EQ(seen.at("observed"), 1);
    EXPECT_THAT(std::string(seen.at("reason")), HasSubstr("attempt 1 at pack: "));
    // But for that verdict it is judged as a run that nothing befell.
    for (const Json& v : undisturbed.at("verdicts")) {
      if (v.at("rule") == "phases_ran_once") continue;
      EXPECT_EQ(verdict(done, v.at("rule"), v.at("reading")).at("status"), v.at("status")) << v.at("rule");
    }
  }
  EXPECT_EQ(verdict(undisturbed, "phases_ran_once", "strict").at("status"), "pass");
}

TEST_F(ResumeTest, AFailureOfTheSubmissionsIsFinal) {
  struct Case {
    std::string behaviour, verb, why;
    std::vector<std::string> limits;
  };
  for (const auto& [behaviour, verb, why, limits] :
       {Case{"eval=exit:4", "eval", "it failed: step 3: loss is NaN", {}}, Case{"eval=abort", "eval", "it crashed", {}},
        Case{"eval=silent", "eval", "ended well but left no eval.events.jsonl", {}},
        Case{"pack=exit:4", "pack", "it failed", {}},
        Case{"eval=sleep:60",
             "eval",
             "it went over a limit: ended by pgolf: over its limit of 0.3 s",
             {"--limit", "eval=0.3"}},
        Case{"train=exit:4", "pack", "its training did not end", {}}}) {
    const CommandResult first = pgolf(reproduce(limits), behaviour);
    EXPECT_THAT(first.exit_code, AnyOf(4, 5)) << behaviour;
    const Json run = json_of(first);
    EXPECT_TRUE(run.at("resume").at("command").is_null()) << behaviour;
    EXPECT_THAT(std::string(run.at("resume").at("why_not")), HasSubstr(why));
    expect_refused(verb, run.at("run_id"), why);
    EXPECT_EQ(json_of(pgolf({"show", "last", "--json"})).at("state"), run.at("state"));
  }
}

TEST_F(ResumeTest, ALimitOfMemoryIsTheMachines) {
  const CommandResult first = pgolf(reproduce({"--memory-limit", "0.125"}), "eval=hold_memory:400");
  ASSERT_EQ(first.exit_code, 5) << first.err;
  const std::string id = json_of(first).at("run_id");
  const CommandResult again = pgolf({"eval", id, "--memory-limit", "4", "--json"});
  EXPECT_THAT(again.exit_code, AnyOf(0, 1, 3)) << again.err;
  EXPECT_EQ(json_of(again).at("state"), "done");
}

TEST_F(ResumeTest, WhatTheRunWasMadeWithIsTakenOver) {
  const CommandResult first =
      pgolf(reproduce({"--limit", "eval=0.5", "--no-diagnose", "--sandbox", "off"}), "eval=kill");
  const std::string id = json_of(first).at("run_id");
  EXPECT_EQ(pgolf({"eval", id}, "eval=sleep:60").exit_code, 5);
  const Json run = json_of(pgolf({"show", id, "--json"}));
  EXPECT_EQ(run.at("phases").back().at("limit_ms"), 500);
  EXPECT_EQ(run.at("phases").back().at("sandbox"), "none");
  EXPECT_EQ(attempts(run, "diagnose"), 0);
}

TEST_F(ResumeTest, ACheckpointChangedSinceIsNotPacked) {
  const std::string id = json_of(pgolf(reproduce(), "pack=kill")).at("run_id");
  const auto file = workspace().run(id).checkpoint();
  std::filesystem::remove(file);
  EXPECT_EQ(pgolf({"pack", id}).exit_code, 7);
  write_file_atomic(file, "other weights");
  const CommandResult again = pgolf({"pack", id});
  EXPECT_EQ(again.exit_code, 4);
  EXPECT_THAT(again.err, HasSubstr("not the checkpoint that was saved; its SHA-256 was "));
  EXPECT_EQ(json_of(pgolf({"show", id, "--json"})).at("state"), "killed");
  write_file_atomic(file, "weights of seed 1337");
  expect_done("pack", id);
}

// The sliding pass is on record whatever becomes of the next one, and is never taken for the result.
TEST_F(ResumeTest, APassThatEndedStaysWhenTheNextOneDies) {
  for (const std::string how : {"kill", "oom", "exit:6"}) {
    const CommandResult first = pgolf(reproduce(), "eval=ttt:" + how);
    EXPECT_EQ(first.exit_code, 6) << first.err;
    const std::string told = "sliding ended with val_bpb 1.3000, ttt broke off after 10 targets";
    EXPECT_THAT(first.err, HasSubstr("eval"));
    const Json run = json_of(first);
    const std::string id = run.at("run_id");
    EXPECT_THAT(std::string(run.at("failure").at("message")), HasSubstr(told));
    EXPECT_EQ(run.at("val_bpb_sliding"), 1.30);
    EXPECT_NEAR(double{run.at("metrics").at("val_loss_sliding")}, 2.2445152647585, 1e-12);
    for (const char* missing : {"val_bpb", "val_loss", "val_bpb_ttt"})
      EXPECT_TRUE(run.at(missing).is_null()) << missing;
    const Json passes = run.at("phases").back().at("passes");
    ASSERT_EQ(passes.size(), 2u);
    EXPECT_EQ(passes[0].at("ended"), true);
    EXPECT_EQ(passes[1].at("targets"), 10);
    EXPECT_TRUE(passes[1].at("val_bpb").is_null());
    EXPECT_EQ(run.at("reproduction").at("outcome"), "inconclusive");
    EXPECT_TRUE(run.at("reproduction").at("observed_bpb").is_null());
    EXPECT_THAT(pgolf({"show", id}).out, HasSubstr("pass sliding ended with val_bpb 1.3000"));
    for (const char* page : {"report.html", "report.md"})
      EXPECT_THAT(read_text(workspace().run(id).root() / page), HasSubstr("ttt broke off after 10 targets")) << page;
    // What the ledger has of it can be read and judged; the result is unknown.
    EXPECT_EQ(check_ledger(workspace().run(id).ledger()).check.pass_targets.count("sliding"), 1u);
    const Json judged = json_of(pgolf({"judge", id, "--json"}));
    for (const char* rule : {"byte_count", "scored_once", "ledger_intact", "eval_time"})
      EXPECT_EQ(verdict(judged, rule, "strict").at("status"), "unknown") << rule;
    const CommandResult again = pgolf({"eval", id, "--json"}, "eval=ttt");
    const Json done = json_of(again);
    EXPECT_EQ(done.at("state"), "done") << again.err;
    EXPECT_EQ(done.at("val_bpb_ttt"), 1.25);
    EXPECT_EQ(done.at("val_bpb"), 1.25);
    EXPECT_THAT(std::string(verdict(done, "phases_ran_once", "practice").at("reason")), HasSubstr(told));
  }
}

TEST_F(ResumeTest, AHeadlineWhoseEvaluationDidNotEndIsNoResult) {
  const CommandResult first = interrupted(reproduce(), "eval", SIGINT);  // after all of its work
  EXPECT_EQ(first.exit_code, 130) << first.err;
  const Json run = json_of(first);
  EXPECT_EQ(run.at("val_bpb_sliding"), 1.25);
  EXPECT_TRUE(run.at("val_bpb").is_null());
  expect_done("eval", run.at("run_id"));
}

TEST_F(ResumeTest, AfterCtrlCAgainAndAgain) {
  const CommandResult first = interrupted(reproduce(), "eval", SIGINT);
  EXPECT_EQ(first.exit_code, 130) << first.err;
  const Json run = json_of(first);
  EXPECT_EQ(run.at("failure").at("kind"), "interrupted");
  EXPECT_EQ(run.at("metrics").at("steps"), 5);  // training is kept
  EXPECT_EQ(run.at("artifact").at("model_bytes"), 28);
  const std::string id = run.at("run_id");
  EXPECT_EQ(interrupted({"eval", id, "--json"}, "eval", SIGTERM).exit_code, 143);
  EXPECT_EQ(pgolf({"eval", id}, "eval=exit:6").exit_code, 6);
  const Json done = expect_done("eval", id);
  EXPECT_EQ(attempts(done, "eval"), 4);
  EXPECT_EQ(verdict(done, "phases_ran_once", "strict").at("observed"), 3);
}

TEST_F(ResumeTest, CtrlCInEachPhaseKeepsWhatWasRecorded) {
  for (const std::string phase : {"train", "pack", "diagnose"}) {
    const CommandResult r = interrupted(reproduce(), phase, SIGINT);
    EXPECT_EQ(r.exit_code, 130) << phase << r.err;
    const Json run = json_of(r);
    EXPECT_EQ(run.at("state"), "killed") << phase;
    EXPECT_EQ(run.at("phases").back().at("name"), phase);
    EXPECT_EQ(run.at("metrics").at("steps"), 5) << phase;
    if (phase == "train")
      expect_refused("eval", run.at("run_id"), "saved no artifact");
    else
      expect_done(phase == "pack" ? "pack" : "eval", run.at("run_id"));
  }
}

TEST_F(ResumeTest, WhereTheDataWentIsAsked) {
  for (const std::string phase : {"eval", "pack"}) {
    const std::string id = json_of(pgolf(reproduce(), phase + "=kill")).at("run_id");
    const auto prepared = data().directory, moved = directory_.path() / "moved";
    std::filesystem::rename(prepared / "val", moved);  // a phase would fail, as if by its own fault, and end the run
    EXPECT_THAT(pgolf({phase, id}).err, HasSubstr("fineweb_val_000000.bin: no such file"));
    std::filesystem::rename(moved, prepared / "val");
    std::filesystem::rename(prepared, moved);
    const CommandResult r = pgolf({phase, id});
    EXPECT_EQ(r.exit_code, 7);
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    const CommandResult again = pgolf({phase, id, "--data", moved.string(), "--json"});
    EXPECT_THAT(again.exit_code, AnyOf(0, 1, 3)) << again.err;
    EXPECT_EQ(json_of(again).at("state"), "done");
    EXPECT_EQ(verdict(json_of(again), "data_hashes", "strict").at("status"), "pass");  // the judge found them, too
    std::filesystem::rename(moved, prepared);
  }
}

}  // namespace
}  // namespace pgolf
