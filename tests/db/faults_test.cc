// Faults that come from outside: bits that flip, locks that stay, clocks that go back.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "base/file.h"
#include "tests/db/fixture.h"
#include "tests/support/small_disk.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::Not;

class DatabaseFaultsTest : public StoreFixture {
 protected:
  // A database of some pages, all of it in one file.
  std::string whole_database() {
    {
      Store store = open_with_run("a");
      for (int i = 0; i < 40; ++i) {
        const std::string id = "run-" + std::to_string(i);
        add_run(store, id);
        store.put_metric(id, "val_bpb", 1.0 + i);
        store.put_curve(id, "train_loss", {{1, 1.0, 2.0}, {2, 2.0, 1.9}});
        store.put_environment(id, {{"cpu", "c"}});
      }
    }
    SQLite::Database(path().string(), SQLite::OPEN_READWRITE).exec("PRAGMA journal_mode = DELETE");
    return read_text(path());
  }
  // Reads all there is. Returns what was refused, or "".
  std::string read_everything() {
    try {
      auto store = Store::open_existing(path());
      for (const RunSummary& run : store->list_runs())
        for (const std::string& curve : store->load_run(run.id).curves) store->load_curve(run.id, curve);
      store->unfinished_runs();
      store->list_submissions();
      store->heartbeat("a");
      store->check_integrity();
      return "";
    } catch (const Error& e) {
      EXPECT_TRUE(e.kind() == ErrorKind::database || e.kind() == ErrorKind::not_found) << e.what();
      EXPECT_THAT(e.what(), Not(HasSubstr("\n")));
      return e.what();
    }  // anything else fails the test
  }
};

TEST_F(DatabaseFaultsTest, BytesThatFlippedAreToldInOneLineOrDoNoHarm) {
  const std::string whole = whole_database();
  int refused = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    std::string damaged = whole;
    const size_t range = seed % 2 ? 100 : damaged.size();  // every other time in the header
    for (unsigned i = 0; i < 1 + seed % 20; ++i) damaged[random() % range] ^= static_cast<char>(1 << (random() % 8));
    for (const char* beside : {"-wal", "-shm", "-journal"}) std::filesystem::remove(path().string() + beside);
    std::ofstream(path(), std::ios::binary) << damaged;
    SCOPED_TRACE("seed " + std::to_string(seed));
    EXPECT_NO_THROW(refused += !read_everything().empty());
  }
  EXPECT_GT(refused, 100);
}

TEST_F(DatabaseFaultsTest, AFileCutShort) {
  const std::string whole = whole_database();
  for (const size_t size : {size_t{50}, size_t{100}, size_t{4096}, size_t{6000}, whole.size() / 2}) {
    std::ofstream(path(), std::ios::binary) << whole.substr(0, size);
    EXPECT_THAT(read_everything(), HasSubstr("runs.db")) << size;
  }
}

TEST_F(DatabaseFaultsTest, AWriterThatTakesItsTimeIsWaitedFor) {
  Store store = open_with_run("a");
  SQLite::Database other(path().string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  std::thread release([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    other.exec("COMMIT");
  });
  store.move("a", RunState::preparing);
  release.join();
  EXPECT_EQ(store.load_run("a").run.state, RunState::preparing);
}

// What a clock that was set back by years leaves: rows of the future.
TEST_F(DatabaseFaultsTest, AClockSetBackChangesNoOrder) {
  Store store = open_with_run("b-first");
  {
    SQLite::Database db(path().string(), SQLite::OPEN_READWRITE);
    db.exec("UPDATE runs SET created_at = '2099-12-31T23:59:59.999Z'");
    db.exec("UPDATE transitions SET at = '2099-12-31T23:59:59.999Z'");
  }
  add_run(store, "a-second");
  add_run(store, "a-third");
  EXPECT_EQ(store.find_run("last"), "a-third");
  const auto runs = store.list_runs();
  EXPECT_EQ(runs[0].id, "b-first");
  EXPECT_EQ(runs[1].id, "a-second");
  EXPECT_EQ(runs[1].created_at, "2100-01-01T00:00:00.000Z");
  EXPECT_EQ(runs[2].created_at, "2100-01-01T00:00:00.001Z");

  store.move("b-first", RunState::preparing);
  store.move("b-first", RunState::training);
  PhaseRow train, pack;
  train.run = pack.run = "b-first", train.name = "train", pack.name = "pack";
  train.directory = pack.directory = ".", train.sandbox = pack.sandbox = "none";
  train.started_at = "2100-06-01T00:00:00.000Z", pack.started_at = "2026-01-01T00:00:00.000Z";
  store.put_phase(train);
  store.put_phase(pack);
  pack.outcome = "ok", pack.wall_ms = 5;
  store.put_phase(pack);
  const RunRecord r = store.load_run("b-first");
  ASSERT_EQ(r.phases.size(), 2u);
  EXPECT_EQ(r.phases[0].name, "train");
  EXPECT_EQ(r.phases[1].started_at, "2100-06-01T00:00:00.001Z");
  EXPECT_EQ(r.phases[1].outcome, "ok");
  for (size_t i = 1; i < r.transitions.size(); ++i) EXPECT_LT(r.transitions[i - 1].at, r.transitions[i].at);
  EXPECT_EQ(r.run.heartbeat_at.substr(0, 4), "2100");
}

TEST_F(DatabaseFaultsTest, ADirectoryThatMayNotBeWritten) {
  const SmallDisk disk(directory_ / "disk", 8 << 20);
  if (!disk.why_not().empty()) GTEST_SKIP() << disk.why_not();
  const auto file = disk.path() / "runs.db";
  {
    Store store = Store::open(file);
    add_run(store, "a");
  }
  disk.make_read_only();
  const auto store = Store::open_existing(file);
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->read_only());
  EXPECT_EQ(store->list_runs().size(), 1u);
  const Error e = error_of([&] { Store::open(file); });
  EXPECT_EQ(e.kind(), ErrorKind::database) << e.what();
  EXPECT_THAT(e.what(), HasSubstr("runs.db"));
}

}  // namespace
}  // namespace pgolf
