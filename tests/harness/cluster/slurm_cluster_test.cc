// Sweeps on a real Slurm of three virtual nodes, and what goes wrong there. Left out where Slurm is not installed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <thread>

#include "base/file.h"
#include "base/json.h"
#include "harness/cluster/bounded.h"
#include "harness/cluster/slurm.h"
#include "harness/run/preflight.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class SlurmCluster : public HarnessFixture {
 protected:
  void SetUp() override {
    for (const char* program : {"slurmctld", "slurmd", "munged", "sbatch"})
      if (program_path(program).empty() && !fs::exists(fs::path("/usr/sbin") / program))
        GTEST_SKIP() << program << " is not installed: apt-get install slurmctld slurmd slurm-client munge";
    if (::geteuid() != 0) GTEST_SKIP() << "a Slurm of virtual nodes needs root";
    start(17900 + static_cast<int>(::getpid() % 40) * 50);
  }
  void TearDown() override {
    if (!fs::exists(cluster())) return;
    run_bounded({script(), "stop", cluster().string()}, 60);
    ::unsetenv("SLURM_CONF");
  }
  void start(int port) {
    const Answer up = run_bounded({script(), "start", cluster().string(), "3", std::to_string(port)}, 90);
    ASSERT_TRUE(up.ok()) << up.err;
    ::setenv("SLURM_CONF", (cluster() / "slurm.conf").c_str(), 1);
  }
  static std::string script() { return (source_dir() / "tests/slurm_cluster.sh").string(); }
  fs::path cluster() const { return directory_.path() / "cluster"; }
  fs::path dir() const { return directory_.path() / "sweep"; }
  pid_t daemon(const std::string& name) const {
    return static_cast<pid_t>(std::atoi(read_text(cluster() / "run" / (name + ".pid")).c_str()));
  }

  // Nodes get no environment of ours, so what the engine does stands in a script that they call as one.
  fs::path engine(const std::string& plan) const {
    const auto file = directory_.file(
        "engine", "#!/bin/sh\nPGOLF_ENGINE_TEST='" + plan + "' exec " + fake_engine().string() + " \"$@\"\n");
    fs::permissions(file, fs::perms::owner_all);
    return file;
  }
  std::vector<std::string> with_program(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return arguments;
  }
  std::vector<std::string> environment() const {
    return {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()};
  }
  CommandResult pgolf(std::vector<std::string> arguments) const {
    return run_command(with_program(std::move(arguments)), environment());
  }
  Json json(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--json", "-q"});
    return Json::parse(pgolf(std::move(arguments)).out);
  }
  void plan(const std::string& seeds) const {
    const CommandResult planned = pgolf({"sweep", "new", dir().string(), "--submission", "334", "--profile", "demo",
                                         "--seeds", seeds, "--data", data().directory.string()});
    ASSERT_EQ(planned.exit_code, 0) << planned.err;
  }
  std::vector<std::string> run_arguments(const std::string& how = "", std::vector<std::string> more = {}) const {
    std::vector<std::string> out = {"sweep",     "run",           dir().string(), "--on",
                                    "slurm",     "--no-diagnose", "--engine",     engine(how).string(),
                                    "--sandbox", "off",           "--cpus",       "4"};
    if (std::find(more.begin(), more.end(), "--grace") == more.end()) out.insert(out.end(), {"--grace", "20"});
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  pid_t start_run(const std::string& how, std::vector<std::string> more = {}) const {
    return start_command(with_program(run_arguments(how, std::move(more))), environment(), directory_.path() / "log");
  }
  std::string said() const { return read_text(directory_.path() / "log.err"); }
  static int end_of(pid_t pid) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  // Until squeue shows `state` of some task; fails after 60 s.
  void wait_for_state(const std::string& state) const {
    for (int i = 0; i < 300; ++i) {
      if (run_bounded({"squeue", "-h", "-a", "-r", "-t", "all", "-o", "%T"}, 10).out.find(state) != std::string::npos)
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    ADD_FAILURE() << "no task was seen as " << state;
  }
  // Each task once on record, by a run that is done.
  void expect_done(size_t tasks) const {
    const Json status = json({"sweep", "status", dir().string()});
    EXPECT_EQ(status["done"], tasks) << status.dump(1) << "\n";
    EXPECT_EQ(json({"ls"})["runs"].size(), tasks);
  }
};

TEST_F(SlurmCluster, AnArrayComesBackAsRunsOfTheRecord) {
  plan("1-12");
  const CommandResult run = pgolf(run_arguments());
  EXPECT_EQ(run.exit_code, 0) << run.err;
  expect_done(12);
  const Json one = Json::parse(pgolf({"show", json({"ls"})["runs"][0]["run_id"], "--json"}).out);
  EXPECT_FALSE(one["imported"].is_null());
  EXPECT_EQ(one["environment"]["SLURM_CLUSTER_NAME"], "pgolftest");
  EXPECT_THAT(one["environment"]["SLURMD_NODENAME"].get<std::string>(), testing::StartsWith("n"));
  EXPECT_EQ(pgolf({"sweep", "collect", dir().string()}).exit_code, 0);  // and again changes nothing
  expect_done(12);

  // The same without Slurm computes the same.
  const fs::path here = directory_.path() / "here";
  const std::string home = (directory_.path() / "home2").string();
  ASSERT_EQ(pgolf({"--home", home, "sweep", "new", here.string(), "--submission", "334", "--profile", "demo", "--seeds",
                   "1-2", "--data", data().directory.string()})
                .exit_code,
            0);
  ASSERT_EQ(pgolf({"--home", home, "sweep", "run", here.string(), "--no-diagnose"}).exit_code, 0);
  const Json there = json({"ls"})["runs"];
  for (const Json& local : json({"--home", home, "ls"})["runs"])
    for (const Json& far : there)
      if (far["seed"] == local["seed"]) {
        EXPECT_EQ(far["pinned_sha256"], local["pinned_sha256"]);
        EXPECT_EQ(far["model_bytes"], local["model_bytes"]);
        EXPECT_EQ(far["val_bpb"], local["val_bpb"]);
      }
}

TEST_F(SlurmCluster, ANodeThatDiesCostsNoRun) {
  plan("1-6");
  const pid_t pid = start_run("eval=late:4");
  wait_for_state("RUNNING");
  ::kill(daemon("slurmd-n1"), SIGKILL);
  EXPECT_EQ(end_of(pid), 0) << said();
  expect_done(6);
}

TEST_F(SlurmCluster, AControllerThatIsStartedAgainIsNoEnd) {
  plan("1-4");
  const pid_t pid = start_run("eval=late:6");
  wait_for_state("RUNNING");
  std::this_thread::sleep_for(std::chrono::seconds(5));  // what is younger, the controller forgets
  ::kill(daemon("slurmctld"), SIGKILL);
  std::this_thread::sleep_for(std::chrono::seconds(2));
  EXPECT_TRUE(run_bounded({"/usr/sbin/slurmctld"}, 20).ok());
  // A job that ended meanwhile is started a second time, refused by its node, and the node is drained for it: whoever
  // runs the cluster takes it into service again, some time.
  std::this_thread::sleep_for(std::chrono::seconds(8));
  run_bounded({"scontrol", "update", "NodeName=n[0-2]", "State=RESUME"}, 20);
  EXPECT_EQ(end_of(pid), 0) << said();
  expect_done(4);
}

TEST_F(SlurmCluster, AForgottenJobIsToldAndCanBeRunAgain) {
  plan("1");
  const pid_t pid = start_run("train=sleep:600", {"--grace", "3"});
  wait_for_state("RUNNING");
  run_bounded({"scancel", "--user=root"}, 20);
  EXPECT_EQ(end_of(pid), 3);
  EXPECT_THAT(said(), AllOf(HasSubstr("left no result"), HasSubstr("cancelled")));
  EXPECT_EQ(json({"sweep", "status", dir().string()})["to_run"], 1);
  EXPECT_EQ(pgolf(run_arguments()).exit_code, 0);
  expect_done(1);
}

TEST_F(SlurmCluster, APreemptedRunIsMadeAgain) {
  plan("1-3");
  const pid_t pid = start_run("eval=late:8", {"--partition", "spot"});
  wait_for_state("RUNNING");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  run_bounded({"sbatch", "--partition=main", "--nodes=3", "--exclusive", "--output=/dev/null", "--wrap=sleep 3"}, 20);
  EXPECT_EQ(end_of(pid), 0) << said();
  expect_done(3);
}

TEST_F(SlurmCluster, AHangingMungeIsNoVerdictOnRuns) {
  plan("1-2");
  const pid_t pid = start_run("eval=late:3");
  wait_for_state("RUNNING");
  const pid_t munged = daemon("munged");
  ::kill(munged, SIGSTOP);
  std::this_thread::sleep_for(std::chrono::seconds(6));
  ::kill(munged, SIGCONT);
  EXPECT_EQ(end_of(pid), 0) << said();
  expect_done(2);
}

TEST_F(SlurmCluster, TwoAttemptsAtOnceAreOneRun) {
  plan("1");
  ASSERT_EQ(pgolf(run_arguments()).exit_code, 0);
  // A second attempt that had begun before the first was published: its bundle goes beside.
  const fs::path done = dir() / "done/0.pgolf.tar.zst", aside = dir() / "aside";
  fs::rename(done, aside);
  const pid_t second =
      start_command(with_program({"sweep", "task", dir().string(), "0"}), environment(), directory_.path() / "second");
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  fs::rename(aside, done);
  EXPECT_EQ(end_of(second), 0) << read_text(directory_.path() / "second.err");
  EXPECT_THAT(read_text(directory_.path() / "second.err"),
              testing::AnyOf(HasSubstr("another attempt was first"), HasSubstr("there already")));
  EXPECT_EQ(pgolf({"sweep", "collect", dir().string()}).exit_code, 0);
  expect_done(1);
}

TEST_F(SlurmCluster, CancelEndsWhatIsLeft) {
  plan("1-2");
  const pid_t pid = start_run("train=sleep:600", {"--grace", "3"});
  wait_for_state("RUNNING");
  EXPECT_EQ(pgolf({"sweep", "cancel", dir().string()}).exit_code, 0);
  EXPECT_EQ(end_of(pid), 3);
  EXPECT_EQ(json({"sweep", "status", dir().string()})["to_run"], 2);
}

TEST_F(SlurmCluster, ReproduceIsASweepOfOneAndExitsByVerdict) {
  const CommandResult run = pgolf({"reproduce",     "334",
                                   "--profile",     "demo",
                                   "--seed",        "5",
                                   "--data",        data().directory.string(),
                                   "--on",          "slurm",
                                   "--engine",      engine("").string(),
                                   "--sandbox",     "off",
                                   "--no-diagnose", "--json",
                                   "--dir",         dir().string(),
                                   "--fail-on",     "fail"});
  EXPECT_THAT(run.exit_code, testing::AnyOf(0, 1)) << run.err;
  EXPECT_EQ(Json::parse(run.out)["seed"], 5);
  EXPECT_EQ(json({"ls"})["runs"].size(), 1u);
  const CommandResult refused = pgolf({"reproduce", "334", "--profile", "demo", "--data", data().directory.string(),
                                       "--on", "slurm", "--partition", "nosuch"});
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("invalid partition"), HasSubstr("not submitted: tasks 0")));
}

}  // namespace
}  // namespace pgolf
