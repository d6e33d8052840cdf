// A record of every earlier schema, through every migration that came after it.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdio>

#include "base/file.h"
#include "db/migrate.h"
#include "migrations.h"
#include "tests/db/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;

constexpr char kDone[] = "20260321-080000-334-demo-aaaa", kLost[] = "20260321-090000-334-demo-bbbb";
constexpr int kNewest = static_cast<int>(std::size(kMigrations));

class MigrationTest : public StoreFixture {
 protected:
  // A database of schema `version` that holds the rows of schema 1.
  void make(int version) const {
    SQLite::Database db(path().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(db, path(), std::span(kMigrations).first(1));
    db.exec(read_text(std::filesystem::path(PGOLF_SOURCE_DIR) / "tests/db/schema_1_rows.sql"));
    migrate(db, path(), std::span(kMigrations).first(static_cast<size_t>(version)));
    for (int v = 1; v < version; ++v) std::filesystem::remove(backup(v));
  }
  std::filesystem::path backup(int version) const { return path().string() + ".v" + std::to_string(version) + ".bak"; }

  static void expect_rows(const Store& store) {
    store.check_integrity();
    const auto runs = store.list_runs();
    ASSERT_EQ(runs.size(), 2u);
    EXPECT_EQ(runs[0].id, kDone);
    EXPECT_EQ(runs[0].val_bpb, 1.2345);
    EXPECT_EQ(runs[0].artifact_bytes, 35219);
    EXPECT_EQ(store.find_run("last"), kLost);
    const RunRecord done = store.load_run(kDone), lost = store.load_run(kLost);
    EXPECT_EQ(done.run.state, RunState::done);
    EXPECT_EQ(done.submission.code_bytes, 49461);
    EXPECT_EQ(done.pinned.num_params, 743825);
    EXPECT_EQ(done.transitions.size(), 2u);
    ASSERT_EQ(done.phases.size(), 1u);
    EXPECT_EQ(done.phases[0].wall_ms, 43000.5);
    EXPECT_EQ(done.phases[0].document, R"({"span_ms":{"train":40000.5}})");
    EXPECT_EQ(done.metrics.at("steps"), 300);
    EXPECT_EQ(done.artifacts.at(0).sha256, "feed");
    ASSERT_TRUE(done.judgement);
    EXPECT_EQ(done.judgement->verdicts.size(), 2u);
    EXPECT_EQ(done.environment.at("cpu"), "a processor");
    EXPECT_EQ(store.load_curve(kDone, "train_loss").size(), 2u);
    EXPECT_EQ(lost.run.failure.message, "pgolf ended while training");
    EXPECT_FALSE(lost.phases.at(0).wall_ms);
  }
};

TEST_F(MigrationTest, EveryEarlierSchemaKeepsItsRowsAndABackup) {
  for (int version = 1; version <= kNewest; ++version) {
    std::filesystem::remove(path());
    make(version);
    {
      Store store = Store::open(path());
      expect_rows(store);
      store.move(kLost, RunState::evaluating);  // and can be written
    }
    SQLite::Database now(path().string(), SQLite::OPEN_READONLY);
    EXPECT_EQ(now.execAndGet("PRAGMA user_version").getInt(), kNewest);
    ASSERT_EQ(std::filesystem::exists(backup(version)), version < kNewest);
    if (version == kNewest) continue;
    SQLite::Database old(backup(version).string(), SQLite::OPEN_READONLY);
    EXPECT_EQ(old.execAndGet("PRAGMA user_version").getInt(), version);
    EXPECT_EQ(old.execAndGet("PRAGMA integrity_check").getString(), "ok");
    EXPECT_EQ(old.execAndGet("SELECT state FROM runs WHERE id LIKE '%bbbb'").getString(), "lost");
  }
}

TEST_F(MigrationTest, ReadersMigrateToo) {
  make(1);
  expect_rows(*Store::open_existing(path()));
}

// Several programs that find the old schema at once: one migrates, the others wait, all go on.
TEST_F(MigrationTest, ManyAtOnce) {
  for (int round = 0; round < 5; ++round) {
    std::filesystem::remove(path());
    make(1);
    std::vector<pid_t> others;
    for (int i = 0; i < 6; ++i) {
      others.push_back(::fork());
      if (others.back() == 0) {
        try {
          Store store = Store::open(path());
          store.heartbeat(kDone);
          ::_exit(store.list_runs().size() == 2 ? 0 : 1);
        } catch (const std::exception& e) {
          std::fprintf(stderr, "%s\n", e.what());
          ::_exit(2);
        }
      }
    }
    for (const pid_t pid : others) {
      int status = 0;
      ::waitpid(pid, &status, 0);
      EXPECT_EQ(status, 0);
    }
    expect_rows(Store::open(path()));
    if (kNewest == 1) continue;
    SQLite::Database old(backup(1).string(), SQLite::OPEN_READONLY);
    EXPECT_EQ(old.execAndGet("PRAGMA user_version").getInt(), 1);  // of the schema that it is named after
  }
}

}  // namespace
}  // namespace pgolf
