// What a later phase needs is asked for before anything expensive begins.
#include "harness/run/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "harness/run/disk_need.h"
#include "tests/harness/fixture.h"
#include "tests/support/error_of.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr int64_t kGiB = int64_t{1} << 30;
constexpr auto kNoLimit = std::numeric_limits<std::uintmax_t>::max();

Json answer(const char* device, int64_t train, int64_t eval, const Json& free, const Json& total = 80 * kGiB) {
  return {{"format", "pgolf.memory/1"},
          {"device", device},
          {"need", {{"train", train}, {"pack", kGiB}, {"eval", eval}}},
          {"total", total},
          {"free", free}};
}

std::string refusal(const Json& told, const std::vector<std::string>& phases, std::uintmax_t limit = kNoLimit) {
  const Error e = error_of([&] { check_memory(told, phases, limit); });
  EXPECT_EQ(e.kind(), ErrorKind::machine);
  return e.what();
}

Config record_of(const char* submission) {
  return resolve(load_submission(source_dir() / "submissions" / submission), {.profile = "record"}).pinned.config;
}

TEST(Preflight, TheDiskMustHoldWhatARunLeaves) {
  const TempDirectory home;
  const auto free = static_cast<int64_t>(std::filesystem::space(home.path()).available);
  check_disk(home.path(), free / 2);
  const Error full = error_of([&] { check_disk(home.path(), free * 2); });
  EXPECT_EQ(full.kind(), ErrorKind::machine);
  EXPECT_THAT(full.what(), AllOf(HasSubstr("a run of this size needs"), HasSubstr("free some space")));
}

TEST(Preflight, MemoryIsHeldAgainstThePhaseThatNeedsMost) {
  check_memory(answer("cuda:0", 40 * kGiB, 70 * kGiB, 70 * kGiB), {"train", "pack", "eval"}, kNoLimit);
  EXPECT_EQ(refusal(answer("cuda:0", 40 * kGiB, 70 * kGiB, 60 * kGiB), {"train", "pack", "eval"}),
            "memory: eval needs 70.0 GiB on cuda:0, 60.0 GiB of 80.0 GiB are free; end what else uses it, name another "
            "GPU with --device, or run a smaller profile");
  EXPECT_EQ(refusal(answer("cuda:0", 133 * kGiB, 70 * kGiB, 79 * kGiB), {"train", "pack", "eval"}),
            "memory: train needs 133.0 GiB on cuda:0, 79.0 GiB of 80.0 GiB are free; name a GPU with more memory "
            "(--device), or run a smaller profile");
  check_memory(answer("cuda:0", 133 * kGiB, 70 * kGiB, 79 * kGiB), {"pack", "eval"}, kNoLimit);  // training is over
}

TEST(Preflight, OnTheCpuALimitOfPgolfsOwnCountsToo) {
  const Json told = answer("cpu", 6 * kGiB, 2 * kGiB, 8 * kGiB, 16 * kGiB);
  check_memory(told, {"train", "eval"}, kNoLimit);
  EXPECT_THAT(refusal(told, {"train"}, 5 * kGiB), HasSubstr("5.0 GiB are what a phase may hold (--memory-limit)"));
  check_memory(told, {"eval"}, 5 * kGiB);
  // An engine that does not say what is free: the kernel does.
  EXPECT_LT(*memory_bytes("MemAvailable"), *memory_bytes("MemTotal"));
  EXPECT_FALSE(memory_bytes("NoSuchLine"));
  EXPECT_THAT(refusal(answer("cpu", *memory_bytes("MemTotal"), 0, nullptr, nullptr), {"train"}), HasSubstr("on cpu"));
}

TEST(Preflight, AnEngineThatCannotTellIsNoObstacleButAnswersMustBeOne) {
  check_memory(nullptr, {"train"}, kNoLimit);
  check_memory(answer("cuda:0", 9 * kGiB, 9 * kGiB, nullptr, nullptr), {"train"}, kNoLimit);  // nobody knows the room
  EXPECT_THAT(refusal(Json::array(), {"train"}), HasSubstr("build pgolf and pgolf-engine together"));
  EXPECT_THAT(refusal({{"format", "pgolf.memory/2"}}, {"train"}), HasSubstr("pgolf.memory/1"));
}

// Ledgers of the record's 62 M targets, by the arithmetic of their evaluators: 1,893 chunks of 849, whose mixer learns
// from 512 windows a chunk; 1.29 M chunks of 48 targets of 2143, scored and learned from.
TEST(DiskNeed, TheLedgerGrowsWithChunksAndDocuments) {
  const ValExtent val{62'021'632, 50'000};
  EXPECT_EQ(ledger_bytes(record_of("pr-334"), val), 0);
  EXPECT_NEAR(static_cast<double>(ledger_bytes(record_of("pr-754"), val)), 12.5e6, 0.5e6);
  EXPECT_NEAR(static_cast<double>(ledger_bytes(record_of("pr-849"), val)), 41.6e6, 2e6);
  EXPECT_NEAR(static_cast<double>(ledger_bytes(record_of("pr-2143"), val)), 48.4e6, 2e6);
}

TEST(DiskNeed, WhatIsDoneIsNotNeededAgain) {
  Pinned pinned;
  pinned.num_params = 35'000'000;
  pinned.config = record_of("pr-849");
  const ValExtent val{62'021'632, 50'000};
  const int64_t eval = disk_bytes(pinned, "eval", val), pack = disk_bytes(pinned, "pack", val);
  EXPECT_EQ(eval, ledger_bytes(pinned.config, val) + 16'000'000);
  EXPECT_EQ(pack - eval, 140'000'000);  // the artifact is no larger than the weights
  EXPECT_EQ(disk_bytes(pinned, "train", val) - pack, 140'000'000 + pinned.config.train.iterations * 600);
}

// 9,000 steps: weights, both moments and the EMA, 560 MB a state, and 32 bytes a leaf.
TEST(DiskNeed, OfStates) {
  Pinned pinned;
  pinned.num_params = 35'000'000;
  pinned.config = record_of("pr-2143");
  pinned.config.train.iterations = 9000;
  ASSERT_GT(pinned.config.average.ema_decay, 0);
  ASSERT_EQ(pinned.config.average.swa, SwaKind::none);
  EXPECT_EQ(states_bytes(pinned, 0), 0);
  const int64_t leaves = states_bytes(pinned, 9001);
  EXPECT_NEAR(static_cast<double>(leaves), 9000.0 * 32 * 5 * 250, 150e6);
  EXPECT_EQ(states_bytes(pinned, 3000) - leaves, 3 * 560'000'000);
  check_states(pinned, 3000);
  const Error refused = error_of([&] { check_states(pinned, 500); });
  EXPECT_EQ(refused.kind(), ErrorKind::usage);
  EXPECT_THAT(refused.what(), testing::StartsWith("--checkpoint-every 500: 9000 steps leave states of 10."));
  EXPECT_THAT(refused.what(), testing::HasSubstr("a run keeps 6 GB at most; choose "));
}

class PreflightTest : public HarnessFixture {
 protected:
  CommandResult reproduce(const std::string& submission, const std::vector<std::string>& more,
                          std::vector<std::string> environment) const {
    const auto docs = directory_.file("some.jsonl", "{\"text\": \"a document\"}\n");
    std::vector<std::string> argv = {
        pgolf_program().string(), "reproduce", submission, "--profile", "demo", "--docs", docs.string()};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.insert(argv.begin(), around_.begin(), around_.end());
    environment.insert(environment.end(),
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()});
    return run_command(argv, environment);
  }
  // Refused in one line, before data were prepared and with no run on record.
  void expect_refused(const CommandResult& r, const std::string& words) const {
    EXPECT_EQ(r.exit_code, 6) << r.err;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
    EXPECT_THAT(r.err, HasSubstr(words));
    EXPECT_FALSE(std::filesystem::exists(workspace().home / "data"));
    EXPECT_TRUE(Store::open(workspace().database()).list_runs().empty());
  }
  // From now on the system has no lrzip. False if that cannot be had here.
  bool hide_lrzip() {
    if (!sandbox_works()) return false;
    around_ = {"/usr/bin/bwrap", "--dev-bind", "/", "/"};
    for (const char* program : {"/usr/bin/lrzip", "/usr/local/bin/lrzip", "/bin/lrzip"})
      if (std::filesystem::exists(program)) around_.insert(around_.end(), {"--bind", "/dev/null", program});
    return true;
  }

  std::vector<std::string> around_;  // what pgolf is started by
};

TEST_F(PreflightTest, AProgramThatPackingNeedsIsAskedForBeforeTraining) {
  if (!hide_lrzip()) GTEST_SKIP() << "no bubblewrap here";
  expect_refused(reproduce("2097", {}, {}), "lrzip: not on the PATH, and packing and evaluation need it");
  EXPECT_EQ(reproduce("334", {}, {}).err.find("lrzip"), std::string::npos);  // it needs none
}

// A phase has a PATH of its own, and in the sandbox no home directory.
TEST_F(PreflightTest, AProgramThatAPhaseDoesNotFindIsNone) {
  const auto program = directory_.file("bin/lrzip", "#!/bin/sh\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::vector<std::string> path = {"PATH=" + program.parent_path().string()};
  if (!hide_lrzip()) GTEST_SKIP() << "no bubblewrap here";
  for (const char* sandbox : {"off", "auto"}) {
    std::filesystem::remove_all(workspace().home);
    expect_refused(reproduce("2097", {"--sandbox", sandbox}, path),
                   "lrzip: " + program.string() + " does not start as a phase would start it");
  }
}

TEST_F(PreflightTest, TooLittleMemoryIsToldBeforeDataArePrepared) {
  expect_refused(reproduce("334", {}, {"PGOLF_ENGINE_TEST=memory=need:" + std::to_string(5 * kGiB)}),
                 "memory: eval needs 5.0 GiB on cuda:0, 4.0 GiB of 8.0 GiB are free");
  expect_refused(
      reproduce("334", {"--device", "cuda:1"}, {"PGOLF_ENGINE_TEST=memory=need:" + std::to_string(9 * kGiB)}),
      "memory: eval needs 9.0 GiB on cuda:1, 4.0 GiB of 8.0 GiB are free; name a GPU with more memory");
  expect_refused(reproduce("334", {}, {"PGOLF_ENGINE_TEST=memory=exit:6"}), "memory: step 3: loss is NaN");
}

// The engine itself, on a machine of any size: no phase may hold a gibibyte.
TEST_F(PreflightTest, TheRecordOnTheCpuIsRefusedWithItsNeed) {
  const CommandResult r = run_command(
      {pgolf_program().string(), "-q", "reproduce", "2143", "--profile", "record", "--device", "cpu", "--memory-limit",
       "1", "--docs", directory_.file("some.jsonl", "{\"text\": \"a document\"}\n").string(), "--engine",
       (std::filesystem::path(PGOLF_BINARY_DIR) / "pgolf-engine").string()},
      {"PGOLF_HOME=" + workspace().home.string()});
  expect_refused(r, "1.0 GiB are what a phase may hold (--memory-limit)");
  EXPECT_THAT(r.err, HasSubstr("memory: eval needs 1"));  // some 105 GiB: phased test-time training in float32
}

TEST_F(PreflightTest, AnEngineWithoutTheQuestionRunsAllTheSame) {
  const CommandResult r = run_command({pgolf_program().string(), "demo", "--data", data().directory.string()},
                                      {"PGOLF_HOME=" + workspace().home.string(),
                                       "PGOLF_ENGINE=" + fake_engine().string(), "PGOLF_ENGINE_TEST=memory=refuse"});
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("how much memory the run needs is not known"));
}

TEST_F(PreflightTest, GoingOnAsksForWhatIsLeftToDo) {
  const auto pgolf = [&](std::vector<std::string> arguments, const std::string& behaviour) {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string(),
                                   "PGOLF_ENGINE_TEST=" + behaviour});
  };
  ASSERT_EQ(pgolf({"demo", "--data", data().directory.string()}, "pack=kill").exit_code, 6);
  const CommandResult refused = pgolf({"pack", "last"}, "memory=need:" + std::to_string(5 * kGiB));
  EXPECT_EQ(refused.exit_code, 6);
  EXPECT_THAT(refused.err, HasSubstr("memory: eval needs 5.0 GiB"));
  EXPECT_EQ(Store::open(workspace().database()).list_runs().at(0).state, RunState::killed);  // it was left alone
  EXPECT_NE(pgolf({"pack", "last"}, "").exit_code, 6);
  EXPECT_EQ(Store::open(workspace().database()).list_runs().at(0).state, RunState::done);
}

}  // namespace
}  // namespace pgolf
