// What a refused attempt leaves behind: a line in the phase's document and a verdict (docs/faults.md, docs/judging.md).
#include <unistd.h>

#include <ostream>

#include "base/json.h"
#include "db/attempts.h"
#include "db/documents/documents.h"
#include "tests/harness/sandbox/attack_fixture.h"

namespace pgolf {

void PrintTo(const Attempt& attempt, std::ostream* out) { *out << attempt.kind << ": " << attempt_text(attempt); }

namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::Contains;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

auto is(const std::string& kind, const std::string& what) {
  return AllOf(Field(&Attempt::kind, kind), Field(&Attempt::what, what));
}

class AttemptTest : public SandboxAttackTest {
 protected:
  void SetUp() override {
    SandboxAttackTest::SetUp();
    if (IsSkipped()) return;
    static const bool watched = document(run("", SandboxMode::required).run, "train").at("watched").get<bool>();
    if (!watched) GTEST_SKIP() << "system calls cannot be watched here";
  }
  Json document(const std::string& run, const std::string& phase) const {
    for (const PhaseRow& p : store_.load_run(run).phases)
      if (p.name == phase) return Json::parse(p.document);
    ADD_FAILURE() << "no phase " << phase;
    return {};
  }
  std::vector<Attempt> attempts(const std::string& run, const std::string& phase) const {
    return parse_phase_document(document(run, phase).dump(), phase).denied;
  }
  void expect_verdicts(const std::string& run, const std::string& rule, Status strict, Status practice) const {
    for (const auto& [reading, status] : {std::pair(Reading::strict, strict), std::pair(Reading::practice, practice)}) {
      const Verdict v = whole_verdict(run, rule, reading);
      EXPECT_EQ(v.status, status) << rule << ", " << reading_name(reading) << ": " << v.reason;
    }
  }
};

TEST_F(AttemptTest, ARunThatTriesNothingIsClean) {
  const RunEnd end = run("", SandboxMode::required);
  for (const char* phase : {"train", "pack", "eval", "diagnose"}) {
    EXPECT_TRUE(document(end.run, phase).at("watched").get<bool>());
    EXPECT_EQ(document(end.run, phase).at("denied").dump(), "[]");
  }
  expect_verdicts(end.run, "kept_to_sandbox", Status::pass, Status::pass);
  expect_verdicts(end.run, "training_without_validation", Status::pass, Status::pass);
  expect_verdicts(end.run, "evaluation_without_training", Status::pass, Status::pass);
}

// The loader would look for every library there, below the workspace.
TEST_F(AttemptTest, LibrariesThatTheSandboxHidesAreNotSearchedFor) {
  const char* before = ::getenv("LD_LIBRARY_PATH");
  const std::string kept = before != nullptr ? before : "";
  ::setenv("LD_LIBRARY_PATH", (workspace().home / "val/lib:/usr/local/lib").c_str(), 1);
  const RunEnd end = run("", SandboxMode::required);
  before != nullptr ? ::setenv("LD_LIBRARY_PATH", kept.c_str(), 1) : ::unsetenv("LD_LIBRARY_PATH");
  for (const char* phase : {"train", "eval"}) EXPECT_EQ(document(end.run, phase).at("denied").dump(), "[]") << phase;
}

TEST_F(AttemptTest, LookingForValidationDataFails) {
  const std::string val = (data().directory / "val").string();
  for (const char* phase : {"train", "pack"}) {
    const std::string run = expect_refused("read_validation", val, phase);
    EXPECT_THAT(attempts(run, phase), Contains(is("val", "open " + val)));
    expect_verdicts(run, "training_without_validation", Status::fail, Status::fail);
    expect_verdicts(run, "kept_to_sandbox", Status::fail, Status::warn);
    EXPECT_THAT(whole_verdict(run, "training_without_validation", Reading::strict).reason,
                HasSubstr(std::string(phase) + " tried: open " + val));
    EXPECT_EQ(whole_verdict(run, "training_without_validation", Reading::strict).evidence, "watch of system calls");
  }
}

// Attacks: round-the-watch
TEST_F(AttemptTest, WaysRoundTheWatchAreSeen) {
  const std::string run = expect_refused("go_round", data().directory.string());
  const auto tried = attempts(run, "train");
  const std::string shard = (data().directory / "val/fineweb_val_000000.bin").string();
  EXPECT_THAT(tried, Contains(AllOf(is("val", "open " + shard), Field(&Attempt::times, 3))));
  EXPECT_THAT(tried, Contains(is("val", "link to " + shard)));
  EXPECT_THAT(tried, Contains(is("network", "socket AF_VSOCK")));
  EXPECT_THAT(tried, Contains(is("network", "socket AF_PACKET")));
  EXPECT_THAT(tried, Contains(is("system", "io_uring_setup")));
  EXPECT_THAT(tried, Contains(is("system", "unshare")));
  const std::string hostile = shard + "/<script>?[2J" + std::string(230, 'x');
  EXPECT_THAT(tried, Contains(is("val", "open " + hostile)));

  const std::string home = workspace().home.string(), pages = (directory_.path() / "pages").string();
  const CommandResult shown = run_command({pgolf_program().string(), "--home", home, "show", run});
  EXPECT_THAT(shown.out, AllOf(HasSubstr("tried: open " + shard + " (3 times)\n"), Not(HasSubstr("\x1b"))));
  ASSERT_EQ(run_command({pgolf_program().string(), "--home", home, "report", run, "--out", pages}).exit_code, 0);
  const std::string page = read_text(pages + "/" + run + ".html");
  EXPECT_THAT(page, AllOf(HasSubstr("open " + shard + " (3 times)"), HasSubstr("&lt;script&gt;")));
  EXPECT_THAT(page, Not(AnyOf(HasSubstr("<script>"), HasSubstr("\x1b"))));
  EXPECT_THAT(read_text(pages + "/" + run + ".md"), AllOf(HasSubstr("tried: "), Not(HasSubstr("<script>"))));
}

TEST_F(AttemptTest, ASocketInTheEvaluationFails) {
  std::string run = expect_refused("use_sockets", "9/none/nowhere", "eval");
  EXPECT_THAT(attempts(run, "eval"), Contains(AllOf(is("network", "socket AF_INET"), Field(&Attempt::times, 2))));
  EXPECT_THAT(attempts(run, "eval"), Each(Field(&Attempt::kind, "network")));
  expect_verdicts(run, "evaluation_without_training", Status::fail, Status::fail);
  expect_verdicts(run, "training_without_validation", Status::pass, Status::pass);
  run = expect_refused("use_sockets", "9/none/nowhere", "train");
  expect_verdicts(run, "training_without_validation", Status::pass, Status::pass);
  expect_verdicts(run, "kept_to_sandbox", Status::fail, Status::warn);
}

TEST_F(AttemptTest, TrainingDataInTheEvaluationFail) {
  const std::string shard = (data().directory / "train/fineweb_train_000000.bin").string();
  const RunEnd end = run("eval=write:" + shard, SandboxMode::required);
  EXPECT_EQ(text(end.run, "eval.stdout"), "refused\n");
  EXPECT_THAT(attempts(end.run, "eval"), Contains(is("train", "open " + shard + " to write")));
  expect_verdicts(end.run, "evaluation_without_training", Status::fail, Status::fail);
}

TEST_F(AttemptTest, WritingElsewhereIsNoCleanRun) {
  std::string run = expect_refused("write_outside", directory_.path().string());
  auto tried = attempts(run, "train");
  EXPECT_THAT(tried, Contains(is("write", "open /usr/beside to write")));
  EXPECT_THAT(tried, Contains(is("write", "open /sys/power/state to write")));
  EXPECT_THAT(tried, Contains(is("write", "open " + (workspace().home / "runs.db").string() + " to write")));
  expect_verdicts(run, "kept_to_sandbox", Status::fail, Status::warn);
  expect_verdicts(run, "training_without_validation", Status::pass, Status::pass);
  run = expect_refused("swap_inputs", "", "eval");
  tried = attempts(run, "eval");
  const std::string artifact = workspace().run(run).artifact().string();
  for (const std::string& what : {"open " + artifact + " to write", "remove " + artifact, "link " + artifact})
    EXPECT_THAT(tried, Contains(is("write", what)));
}

// Attacks: sets-the-clock
TEST_F(AttemptTest, ClocksAndOtherProcessesAreLeftAlone) {
  std::string run = expect_refused("set_clocks", "");
  EXPECT_THAT(text(run, "train.stdout"), HasSubstr("read the clock's state: yes\n"));
  EXPECT_THAT(attempts(run, "train"), UnorderedElementsAre(is("time", "clock_settime"), is("time", "settimeofday"),
                                                           is("time", "clock_adjtime")));
  expect_verdicts(run, "kept_to_sandbox", Status::fail, Status::warn);
  run = expect_refused("reach_processes", std::to_string(::getpid()));
  EXPECT_THAT(attempts(run, "train"), Contains(is("system", "ptrace")));
}

// Attacks: flood-of-attempts
TEST_F(AttemptTest, AFloodOfAttemptsIsSummedUpAndHidesNoOtherKind) {
  const RunEnd end = run("train=flood:" + data().directory.string(), SandboxMode::required);
  const auto tried = attempts(end.run, "train");
  EXPECT_EQ(tried.size(), 9u);  // seven files, the rest in one line, and the other kind
  EXPECT_THAT(tried, Contains(AllOf(is("write", "other attempts of this kind"), Field(&Attempt::times, 1993))));
  EXPECT_THAT(tried, Contains(is("val", "open " + (data().directory / "val").string())));
}

TEST_F(AttackTest, WithoutASandboxNothingIsWatchedAndTheRecordSaysSo) {
  const RunEnd end = run("", SandboxMode::off);
  EXPECT_FALSE(Json::parse(phase(end.run, 0).document).at("watched").get<bool>());
  for (const Reading reading : {Reading::strict, Reading::practice}) {
    const Verdict v = whole_verdict(end.run, "kept_to_sandbox", reading);
    EXPECT_EQ(v.status, Status::unknown);
    EXPECT_FALSE(v.counts);
    EXPECT_EQ(v.reason, "the system calls of train, pack, eval were not watched");
  }
}

// The harness's clock decides; that the phase's own word is another shows.
// Attacks: understated-loop
TEST_F(AttackTest, APhaseThatUnderstatesItsTimeIsNoCleanPass) {
  const RunEnd end = run("train=understate:4", SandboxMode::automatic);
  ASSERT_FALSE(end.failed) << end.failed->message;
  const Verdict v = whole_verdict(end.run, "train_time", Reading::strict);
  EXPECT_EQ(v.status, Status::warn);
  EXPECT_GE(v.observed.get<int64_t>(), 3500);
  EXPECT_THAT(v.reason, HasSubstr("'train' took 0.050 s by the phase's own word, "));
}

// Attacks: memory-bomb
TEST_F(AttackTest, MemoryAndProcessesBeyondTheirLimitsEndThePhase) {
  for (const SandboxMode mode : {SandboxMode::automatic, SandboxMode::off}) {
    RunOptions given = options(mode);
    given.memory_limit_bytes = std::uintmax_t{256} << 20;
    RunEnd end = run("train=hold_memory:600", given);
    ASSERT_TRUE(end.failed);
    EXPECT_EQ(end.failed->outcome, Outcome::limit);
    EXPECT_THAT(end.failed->message, AllOf(StartsWith("ended by pgolf: it held 0."),
                                           HasSubstr("GiB of memory, 0.25 GiB is its limit (--memory-limit)")));
    EXPECT_EQ(exit_code_of(*end.failed), 5);
    EXPECT_LT(end.failed->wall_ms, 30'000);
    end = run("train=crowd:4200", mode);
    ASSERT_TRUE(end.failed);
    EXPECT_EQ(end.failed->outcome, Outcome::limit);
    EXPECT_THAT(end.failed->message, HasSubstr("processes and threads, 4096 is the limit"));
    EXPECT_LT(end.failed->wall_ms, 60'000);
  }
}

}  // namespace
}  // namespace pgolf
