// Several pgolf on one workspace at once, and one that holds it for long.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <set>

#include "base/file.h"
#include "tests/campaign/audit.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class ConcurrentTest : public HarnessFixture {
 protected:
  std::vector<std::string> reproduce() const {
    return {pgolf_program().string(),
            "--quiet",
            "--home",
            workspace().home.string(),
            "reproduce",
            "334",
            "--profile",
            "demo",
            "--data",
            data().directory.string()};
  }
  std::vector<std::string> environment() const { return {"PGOLF_ENGINE=" + fake_engine().string()}; }
};

TEST_F(ConcurrentTest, FourRunsAtOnceAllEndAndAreAllOnRecord) {
  const auto argv = reproduce();
  std::vector<pid_t> pids;
  for (int i = 0; i < 4; ++i) {
    const auto log = directory_.path() / ("log" + std::to_string(i));
    pids.push_back(start_command(argv, environment(), log));
  }
  for (size_t i = 0; i < pids.size(); ++i) {
    int status = 0;
    ::waitpid(pids[i], &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_TRUE(WEXITSTATUS(status) == 1 || WEXITSTATUS(status) == 3)
        << read_text(directory_.path() / ("log" + std::to_string(i) + ".err"));
  }
  const Store store = Store::open(workspace().database());
  std::set<std::string> ids;
  for (const RunSummary& run : store.list_runs()) {
    ids.insert(run.id);
    EXPECT_EQ(run.state, RunState::done);
  }
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_THAT(campaign::audit(store, workspace()), IsEmpty());
}

TEST_F(ConcurrentTest, ARecordThatStaysLockedIsToldInOneLine) {
  Store::open(workspace().database());
  SQLite::Database other(workspace().database().string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  const CommandResult list = run_command({pgolf_program().string(), "--home", workspace().home.string(), "ls"});
  EXPECT_EQ(list.exit_code, 0) << list.err;  // readers do not wait
  const CommandResult r = run_command(reproduce(), environment());
  EXPECT_EQ(r.exit_code, 8);
  EXPECT_THAT(r.err, AllOf(StartsWith("pgolf: "), HasSubstr("runs.db: locked by another program")));
  EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
}

}  // namespace
}  // namespace pgolf
