// An engine that attacks: what reaches nothing, what is ended, and what the record shows of it (docs/faults.md).
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <thread>

#include "base/json.h"
#include "tests/campaign/processes.h"
#include "tests/harness/sandbox/attack_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// Attacks: validation-by-proc
TEST_F(SandboxAttackTest, TrainingFindsNoValidationData) {
  expect_refused("read_validation", (data().directory / "val").string());
  expect_refused("read_validation", (data().directory / "val").string(), "pack");

  // A data set below a directory of the system that every phase sees is covered. In the same test, since what lies
  // there for a moment would be found by the scans above.
  const std::filesystem::path shown = "/usr/local/lib/pgolf-attack-test";
  std::error_code error;
  std::filesystem::create_directories(shown, error);
  if (error) return;  // only root may write there
  std::filesystem::copy(data().directory, shown, std::filesystem::copy_options::recursive);
  const EngineBehaviour engine("train=read_validation:" + (shown / "val").string());
  Runner runner(store_, workspace(), options(SandboxMode::required));
  const RunEnd end = runner.run(submission(), pinned(), load_manifest(shown));
  std::filesystem::remove_all(shown);
  ASSERT_FALSE(end.failed) << end.failed->message;
  EXPECT_THAT(text(end.run, "train.stdout"), Not(HasSubstr(": done\n")));
}

// Listeners that an engine outside of the sandbox would reach.
class Listener {
 public:
  Listener(int family, const void* address, socklen_t size) : fd_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    ok_ = ::bind(fd_, static_cast<const sockaddr*>(address), size) == 0 && ::listen(fd_, 8) == 0;
  }
  ~Listener() { ::close(fd_); }
  bool ok() const { return ok_; }
  int port() const {
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size);
    return ntohs(bound.sin_port);
  }

 private:
  int fd_;
  bool ok_;
};

class SocketAttackTest : public SandboxAttackTest {
 protected:
  // PORT/NAME/PATH as the attack wants them.
  std::string listeners() {
    sockaddr_in tcp{};
    tcp.sin_family = AF_INET, tcp.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    tcp_.emplace(AF_INET, &tcp, sizeof tcp);
    const std::string name = "pgolf-test-" + std::to_string(::getpid());
    const auto path = directory_.path() / "s";
    sockaddr_un abstract{}, file{};
    abstract.sun_family = file.sun_family = AF_UNIX;
    std::memcpy(abstract.sun_path + 1, name.data(), name.size());
    std::memcpy(file.sun_path, path.c_str(), path.string().size());
    abstract_.emplace(AF_UNIX, &abstract, static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
    file_.emplace(AF_UNIX, &file, sizeof file);
    EXPECT_TRUE(tcp_->ok() && abstract_->ok() && file_->ok());
    return std::to_string(tcp_->port()) + "/" + name + path.string();
  }
  std::optional<Listener> tcp_, abstract_, file_;
};

// Attacks: sockets-out
TEST_F(SocketAttackTest, NoSocketLeadsOut) { expect_refused("use_sockets", listeners()); }

TEST_F(SocketAttackTest, WithoutASandboxTheSameSocketsAreReachedAndTheRecordSaysSo) {
  const RunEnd end = run("train=use_sockets:" + listeners(), SandboxMode::off);
  EXPECT_THAT(text(end.run, "train.stdout"), HasSubstr("TCP to the loopback: done"));
  EXPECT_TRUE(Json::parse(phase(end.run, 0).document).at("network").get<bool>());
  EXPECT_EQ(verdict(end.run, "training_without_validation", Reading::strict), Status::unknown);
  EXPECT_EQ(verdict(end.run, "evaluation_without_training", Reading::strict), Status::unknown);
}

// Attacks: writes-outside
TEST_F(SandboxAttackTest, NothingOutsideIsWritten) {
  expect_refused("write_outside", directory_.path().string());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_.path()))
    EXPECT_NE(entry.path().filename(), "beside") << entry.path();
  store_.check_integrity();
  EXPECT_EQ(store_.list_runs().size(), 1u);
}

// Attacks: other-processes
TEST_F(SandboxAttackTest, NoOtherProcessIsSeenOrReached) {
  expect_refused("reach_processes", std::to_string(::getpid()));
}

// Attacks: swap-by-evaluation
TEST_F(SandboxAttackTest, TheArtifactCannotBeSwappedByTheEvaluation) { expect_refused("swap_inputs", "", "eval"); }

// Attacks: inherited-secrets
TEST_F(AttackTest, NothingOfOursIsInherited) {
  ::setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
  for (const SandboxMode mode : {SandboxMode::automatic, SandboxMode::off}) {
    const RunEnd end = run("train=look_at_itself:", mode);
    const std::string out = text(end.run, "train.stdout");
    EXPECT_THAT(out, HasSubstr("inherited descriptors: 0\n"));
    EXPECT_THAT(out, HasSubstr("oom_score_adj: 1000\n"));  // it goes before the supervisor does
    EXPECT_THAT(out, Not(HasSubstr(": done")));
  }
  ::unsetenv("AWS_SECRET_ACCESS_KEY");
}

// Attacks: forged-times
TEST_F(AttackTest, ForgedTimesAreNotBelieved) {
  const RunEnd end = run("train=forge_time:", SandboxMode::automatic, {{"train", 60}});
  const PhaseRow train = phase(end.run, 0);
  EXPECT_GE(*train.wall_ms, 600);
  const Json document = Json::parse(train.document);
  EXPECT_GE(document.at("span_ms").value("train", 0.0), 0);  // by our clock, whatever the lines say
  const RunEnd limited = run("train=forge_time:", SandboxMode::automatic, {{"train", 0.2}});
  ASSERT_TRUE(limited.failed);  // a start that is withheld does not stop the limit's clock
  EXPECT_EQ(limited.failed->outcome, Outcome::limit);
}

// Attacks: links-as-products
TEST_F(AttackTest, LinksAndPipesInPlaceOfProductsAreNotTaken) {
  for (const SandboxMode mode : {SandboxMode::automatic, SandboxMode::off}) {
    const RunEnd end = run("train=put_links:", mode);
    ASSERT_TRUE(end.failed);
    const RunDirectory directory = workspace().run(end.run);
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::symlink_status(directory.checkpoint())));
    EXPECT_FALSE(std::filesystem::exists(directory.events("train")));
    EXPECT_TRUE(std::filesystem::exists("/etc/passwd"));
    const Json left = Json::parse(phase(end.run, 0).document).at("left_behind");
    EXPECT_THAT(left.dump(), HasSubstr("checkpoint.safetensors"));
    EXPECT_THAT(left.dump(), HasSubstr("train.events.jsonl"));
  }
}

// Attacks: terminal-escapes
TEST_F(AttackTest, TerminalEscapesDoNotReachTheTerminalOrTheRecordsTexts) {
  const RunEnd end = run("train=terminal_escapes:", SandboxMode::automatic);
  const RunRecord record = store_.load_run(end.run);
  EXPECT_THAT(record.phases[0].message + record.run.failure.message, Not(HasSubstr("\x1b")));
  const CommandResult shown =
      run_command({pgolf_program().string(), "--home", workspace().home.string(), "show", end.run});
  EXPECT_EQ(shown.exit_code, 0);
  for (const char* escape : {"\x1b", "\x07", "\xc2\x9b"}) EXPECT_THAT(shown.out + shown.err, Not(HasSubstr(escape)));
}

// Attacks: endless-output
TEST_F(AttackTest, WritersWithoutEndRunIntoALimit) {
  RunEnd end = run("train=endless_events:", SandboxMode::automatic, {{"train", 1.5}});
  ASSERT_TRUE(end.failed);  // following the log does not hold up the clock
  EXPECT_EQ(end.failed->outcome, Outcome::limit);
  EXPECT_LT(end.failed->wall_ms, 30'000);
  end = run("train=endless_errors:", SandboxMode::automatic);
  ASSERT_TRUE(end.failed);
  EXPECT_EQ(end.failed->outcome, Outcome::limit);
  EXPECT_THAT(end.failed->message, HasSubstr("printed more than 64 MB"));
  end = run("train=many_files:", SandboxMode::automatic);
  ASSERT_TRUE(end.failed);
  EXPECT_EQ(end.failed->outcome, Outcome::limit);
  EXPECT_THAT(end.failed->message, HasSubstr("10000 files"));
  EXPECT_FALSE(std::filesystem::exists(workspace().run(end.run).scratch("train")));
}

// Attacks: giant-file
TEST_F(AttackTest, AFileOfATerabyteCannotBeMade) {
  const RunEnd end = run("pack=giant_file:", SandboxMode::automatic);
  EXPECT_EQ(text(end.run, "pack.stdout"), "a file of a terabyte: refused\n");
}

// Every process that a phase leaves behind dies with it, in the sandbox and outside of it.
// Attacks: daemon
TEST_F(AttackTest, DaemonsAndForkBombsDieWithThePhase) {
  for (const SandboxMode mode : {SandboxMode::automatic, SandboxMode::off}) {
    const auto diary = mode == SandboxMode::off ? directory_.path() / "diary" : std::filesystem::path("/tmp/diary");
    const RunEnd end = run("train=daemon:" + diary.string() + ",pack=fork_bomb:200", mode);
    ASSERT_FALSE(end.failed) << end.failed->message;
    EXPECT_THAT(campaign::survivors(campaign::descendants(::getpid()), 0), IsEmpty());
    std::error_code none;
    const auto size = std::filesystem::file_size(diary, none);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    EXPECT_EQ(std::filesystem::file_size(diary, none), size);
  }
}

}  // namespace
}  // namespace pgolf
