// Rows that were edited behind the program's back.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/db/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class SealTest : public StoreFixture {
 protected:
  // A run that is done, with a row in every table.
  void add_ended(Store& store, const std::string& id) const {
    add_run(store, id);
    PhaseRow phase;
    phase.run = id, phase.name = "train", phase.directory = ".", phase.sandbox = "none", phase.wall_ms = 1234.5;
    store.put_phase(phase);
    store.put_metric(id, "val_bpb", 1.25);
    store.put_curve(id, "train_loss", {{1, 10.0, 6.9}, {2, std::nullopt, 6.5}});
    store.put_artifact({id, "artifact", "artifact.bin", "ff", 4711, "{}", ""});
    store.put_environment(id, {{"cpu", "x"}});
    store.put_replay({id, "another", "aa", "bb"});
    for (const RunState state : {RunState::preparing, RunState::training, RunState::packing, RunState::artifact_saved,
                                 RunState::evaluating, RunState::judging, RunState::done})
      store.move(id, state);
    store.put_judgement({id, "pg", "aa", "2026-05-02", "", {{"artifact_size", "strict", "fail", "{}"}}});
  }
  void edit(const std::string& sql) const {
    SQLite::Database db(path().string(), SQLite::OPEN_READWRITE);
    ASSERT_GT(db.exec(sql), 0) << sql;
  }
};

TEST_F(SealTest, EveryEditIsNoticedByReadersAndWriters) {
  for (const char* sql :
       {"UPDATE metrics SET value = 1.2499999999999998", "UPDATE curves SET value = 6.4 WHERE step = 2",
        "UPDATE curves SET elapsed_ms = 0 WHERE step = 2", "DELETE FROM curves WHERE step = 1",
        "UPDATE artifacts SET sha256 = 'fe'", "UPDATE phases SET wall_ms = 1", "UPDATE verdicts SET status = 'pass'",
        "UPDATE judgements SET ruleset_sha256 = 'ab'", "DELETE FROM judgements",
        "UPDATE environment SET value = 'H100'", "INSERT INTO environment VALUES ('a', 'gpu', 'H100')",
        "UPDATE replays SET artifact_sha256 = 'ff'",
        "UPDATE transitions SET at = '2026-01-01T00:00:00.000Z' WHERE seq = 3", "UPDATE pinned SET as_run = 1",
        "UPDATE runs SET created_at = '2026-01-01T00:00:00.000Z'", "UPDATE runs SET submission = NULL",
        "UPDATE seals SET rows_sha256 = 'x'", "DELETE FROM seals"}) {
    std::filesystem::remove(path());
    Store store = Store::open(path());
    add_ended(store, "a");
    store.check_integrity();
    EXPECT_EQ(store.load_run("a").metrics.at("val_bpb"), 1.25);
    edit(sql);
    const Error read = error_of([&] { store.load_run("a"); });
    EXPECT_EQ(read.kind(), ErrorKind::database) << sql;
    EXPECT_THAT(read.what(), HasSubstr("run a")) << sql;
    EXPECT_EQ(error_of([&] { store.check_integrity(); }).kind(), ErrorKind::database) << sql;
    // Judging again would seal the edit.
    EXPECT_EQ(error_of([&] {
                store.put_judgement({"a", "pg", "aa", "2026-05-02", "", {}});
              }).kind(),
              ErrorKind::database)
        << sql;
  }
}

TEST_F(SealTest, ARunThatWasRemovedIsMissed) {
  Store store = Store::open(path());
  add_ended(store, "a"), add_ended(store, "b");
  edit("PRAGMA foreign_keys = ON; DELETE FROM runs WHERE id = 'a'");
  EXPECT_EQ(store.load_run("b").metrics.at("val_bpb"), 1.25);
  EXPECT_THAT(error_of([&] { store.check_integrity(); }).what(), HasSubstr("run a is sealed and gone"));
  edit("DELETE FROM seals WHERE run = 'a'");  // with its seals: then the chain has a hole
  EXPECT_THAT(error_of([&] { store.check_integrity(); }).what(),
              HasSubstr("the chain of seals breaks at one of run b"));
}

TEST_F(SealTest, WhatTheProgramItselfWritesIsSealedAgain) {
  Store store = Store::open(path());
  add_ended(store, "a");
  store.put_judgement({"a", "later", "bb", "2026-05-03", "", {{"artifact_size", "strict", "pass", "{}"}}});
  add_run(store, "b");
  store.put_metric("b", "val_bpb", 2);
  store.move("b", RunState::killed, {"limit", "eval: over the limit"});
  store.heartbeat("b");
  store.adopt("b", {"boot", 3, 4});
  store.move("b", RunState::evaluating);                 // again, on the saved artifact
  edit("UPDATE metrics SET value = 3 WHERE run = 'b'");  // a run that goes on has no seal
  store.move("b", RunState::failed, {"exception", "loss is NaN"});
  store.check_integrity();
  EXPECT_EQ(store.load_run("a").judgement->ruleset, "later");
  EXPECT_EQ(store.load_run("b").metrics.at("val_bpb"), 3);
}

TEST_F(SealTest, ATransactionThatFailsLeavesTheOldSeal) {
  Store store = Store::open(path());
  add_ended(store, "a");
  EXPECT_THROW(store.transact([&] {
    store.put_metric("a", "val_bpb", 9);
    fail(ErrorKind::machine, "in the middle");
  }),
               Error);
  store.check_integrity();
  EXPECT_EQ(store.load_run("a").metrics.at("val_bpb"), 1.25);
}

TEST_F(SealTest, ARunKeepsWhatItWasMadeFrom) {
  Store store = Store::open(path());
  add_ended(store, "a");
  SubmissionRow later = store.load_run("a").submission;
  later.title = "a later title", later.code_bytes = 1, later.document = R"({"claims":[]})";
  store.put_submission(later);
  add_run(store, "b");
  store.put_submission(later);
  EXPECT_EQ(store.load_run("a").submission.title, "t");
  EXPECT_EQ(store.load_run("a").submission.code_bytes, 49461);
  EXPECT_EQ(store.load_run("a").submission.document, "{}");
  EXPECT_EQ(store.list_submissions().at(0).title, "a later title");
}

}  // namespace
}  // namespace pgolf
