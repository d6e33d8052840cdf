#include "harness/run/reap.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "base/sha256.h"
#include "tests/harness/run/run_fixture.h"

namespace pgolf {
namespace {

// The supervisor itself is killed while each phase runs: the next pgolf finds the run, ends what is left of it and
// keeps what it had recorded.
TEST_F(RunTest, ASupervisorKilledInAnyPhaseLeavesALostRun) {
  data();
  for (const std::string phase : {"train", "pack", "eval", "diagnose"}) {
    const EngineBehaviour engine(phase + "=late:60");
    const pid_t pid = ::fork();
    if (pid == 0) {
      Store own = Store::open(workspace().database());
      Runner runner(own, workspace(), options());
      runner.run(submission(), pinned(), data());
      ::_exit(0);
    }
    std::string id;
    for (int i = 0; i < 400 && id.empty(); ++i) {  // until the phase is on record and has written its log
      for (const RunRow& row : store_.unfinished_runs())
        if (store_.load_run(row.id).phase(phase) &&
            std::filesystem::exists(workspace().run(row.id).scratch(phase) / (phase + ".events.jsonl")))
          id = row.id;
      ::usleep(50'000);
    }
    ASSERT_FALSE(id.empty()) << phase;
    EXPECT_EQ(reap_lost_runs(store_, workspace()), 0) << "its pgolf lives";
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    EXPECT_EQ(reap_lost_runs(store_, workspace()), 1) << phase;
    EXPECT_EQ(reap_lost_runs(store_, workspace()), 0) << phase;
    const RunRecord r = store_.load_run(id);
    EXPECT_EQ(r.run.state, RunState::lost);
    EXPECT_EQ(r.phases.back().name, phase);
    EXPECT_EQ(r.phases.back().outcome, "lost");
    EXPECT_FALSE(r.phases.back().wall_ms);  // nobody measured it
    EXPECT_TRUE(std::filesystem::exists(workspace().run(id).events(phase)));
    EXPECT_FALSE(process_start(r.phases.back().pid)) << "the engine outlived its supervisor";
    EXPECT_EQ(r.checkpoint() != nullptr, phase != "train");
    EXPECT_EQ(r.artifact() != nullptr, phase != "train" && phase != "pack");
    EXPECT_EQ(Json::parse(r.phases.back().document).at("engine_sha256"), sha256_file(fake_engine()));
    if (phase == "train") continue;
    const EngineBehaviour well("");
    Runner again(store_, workspace(), options());
    EXPECT_FALSE(again.go_on(id, phase == "pack" ? "pack" : "eval", data()).failed) << phase;
    EXPECT_EQ(store_.load_run(id).artifact()->sha256, sha256_hex("packed: weights of seed 1337"));
    store_.move(id, RunState::done);
  }
  store_.check_integrity();
}

}  // namespace
}  // namespace pgolf
