// What a database can be that is not ours, not intact or not to be had.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "db/migrate.h"
#include "migrations.h"
#include "tests/db/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::Not;

class DatabaseDamageTest : public StoreFixture {};

TEST_F(DatabaseDamageTest, ThereIsNoneToRead) {
  EXPECT_FALSE(Store::open_existing(path()));
  EXPECT_FALSE(std::filesystem::exists(path()));
}

TEST_F(DatabaseDamageTest, NewerSchema) {
  open_with_run("a");
  SQLite::Database(path().string(), SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99");
  const Error e = error_of([&] { Store::open(path()); });
  EXPECT_EQ(e.kind(), ErrorKind::database);
  EXPECT_THAT(e.what(), HasSubstr("schema version 99 is newer"));
  EXPECT_EQ(error_of([&] { Store::open_existing(path()); }).kind(), ErrorKind::database);
}

TEST_F(DatabaseDamageTest, AnotherProgramsDatabase) {
  SQLite::Database(path().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE).exec("CREATE TABLE t (x)");
  const Error e = error_of([&] { Store::open(path()); });
  EXPECT_EQ(e.kind(), ErrorKind::database);
  EXPECT_THAT(e.what(), HasSubstr("another program"));
}

TEST_F(DatabaseDamageTest, NoDatabaseAtAll) {
  std::ofstream(path())
      << "this is a text file, and a long enough one to be read as a header of something else .......";
  const Error e = error_of([&] { Store::open(path()); });
  EXPECT_EQ(e.kind(), ErrorKind::database);
  EXPECT_THAT(e.what(), HasSubstr("damaged"));
  EXPECT_THAT(e.what(), Not(HasSubstr("\n")));
}

TEST_F(DatabaseDamageTest, PagesOverwritten) {
  {
    Store store = open_with_run("a");
    for (int i = 0; i < 200; ++i) add_run(store, "run-" + std::to_string(i));
  }
  SQLite::Database(path().string(), SQLite::OPEN_READWRITE).exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto size = std::filesystem::file_size(path());
  std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
  for (std::uintmax_t at = 8192; at + 4096 < size; at += 4096) {
    file.seekp(static_cast<std::streamoff>(at));
    file << std::string(2000, '\xa5');
  }
  file.close();
  const Error e = error_of([&] {
    Store store = Store::open(path());
    store.check_integrity();
  });
  EXPECT_EQ(e.kind(), ErrorKind::database);
  EXPECT_THAT(e.what(), HasSubstr("damaged"));
  EXPECT_THAT(e.what(), Not(HasSubstr("\n")));
}

TEST_F(DatabaseDamageTest, LockedByAnother) {
  Store store = open_with_run("a");
  SQLite::Database other(path().string(), SQLite::OPEN_READWRITE);
  other.exec("BEGIN IMMEDIATE");
  store.set_busy_timeout(50);
  const Error e = error_of([&] { store.move("a", RunState::preparing); });
  EXPECT_EQ(e.kind(), ErrorKind::database);
  EXPECT_THAT(e.what(), HasSubstr("locked"));
  EXPECT_EQ(store.list_runs().size(), 1u);  // readers do not wait
  other.exec("ROLLBACK");
  store.move("a", RunState::preparing);
}

TEST_F(DatabaseDamageTest, EveryEarlierSchemaMigratesAndIsBackedUp) {
  const int newest = static_cast<int>(std::size(kMigrations));
  for (int version = 0; version < newest; ++version) {
    const auto file = directory_ / ("v" + std::to_string(version) + ".db");
    SQLite::Database db(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    migrate(db, file, std::span(kMigrations).first(static_cast<size_t>(version)));
    EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), version);
    migrate(db, file, kMigrations);
    EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), newest);
    EXPECT_EQ(std::filesystem::exists(file.string() + ".v" + std::to_string(version) + ".bak"), version > 0);
  }
}

// A file that pgolf 0.1.0 wrote before there were replays.
TEST_F(DatabaseDamageTest, ARecordOfSchemaOneIsMigratedWithAllItsRows) {
  std::filesystem::copy_file(std::filesystem::path(PGOLF_SOURCE_DIR) / "tests/data/db/runs-v1.db", path());
  std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
  {
    Store store = Store::open(path());
    store.check_integrity();
    const auto runs = store.list_runs();
    ASSERT_EQ(runs.size(), 1u);
    EXPECT_EQ(runs[0].state, RunState::done);
    EXPECT_EQ(runs[0].val_bpb, 3.63276448240951);
    EXPECT_EQ(runs[0].artifact_bytes, 381'844);
    const RunRecord r = store.load_run("20261122-135127-334-demo-abfc");
    EXPECT_EQ(r.pinned.sha256, "fccda9430e3188b95ff4236fc26c484da9934fd0debaaef6b821a8ae84bb2173");
    EXPECT_EQ(r.phases.size(), 4u);
    EXPECT_EQ(r.transitions.size(), 8u);
    EXPECT_EQ(store.load_curve(r.run.id, "train_loss").size(), 10u);
    EXPECT_EQ(r.judgement->verdicts.size(), 28u);
    EXPECT_FALSE(r.replay);
    store.put_replay({r.run.id, "another", "aa", "bb"});
    EXPECT_EQ(store.load_run(r.run.id).replay->artifact_sha256, "bb");
  }
  SQLite::Database migrated(path().string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(migrated.execAndGet("PRAGMA user_version").getInt(), static_cast<int>(std::size(kMigrations)));
  SQLite::Database backup(path().string() + ".v1.bak", SQLite::OPEN_READONLY);
  EXPECT_EQ(backup.execAndGet("PRAGMA user_version").getInt(), 1);
  EXPECT_EQ(backup.execAndGet("SELECT count(*) FROM verdicts").getInt(), 28);
  EXPECT_EQ(backup.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'replays'").getInt(), 0);
}

TEST_F(DatabaseDamageTest, AMigrationThatFailsLeavesTheOldSchemaAndABackup) {
  const char* good[] = {"CREATE TABLE one (x)", "CREATE TABLE two (x)"};
  const char* bad[] = {"CREATE TABLE one (x)", "CREATE TABLE two (x); INSERT INTO nowhere VALUES (1)"};
  SQLite::Database db(path().string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  migrate(db, path(), std::span(good).first(1));
  db.exec("INSERT INTO one VALUES (42)");
  EXPECT_THROW(migrate(db, path(), bad), SQLite::Exception);
  EXPECT_EQ(db.execAndGet("PRAGMA user_version").getInt(), 1);
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM sqlite_schema WHERE name = 'two'").getInt(), 0);
  SQLite::Database backup(path().string() + ".v1.bak", SQLite::OPEN_READONLY);
  EXPECT_EQ(backup.execAndGet("SELECT x FROM one").getInt(), 42);
  migrate(db, path(), good);
  EXPECT_EQ(db.execAndGet("SELECT x FROM one").getInt(), 42);
}

}  // namespace
}  // namespace pgolf
