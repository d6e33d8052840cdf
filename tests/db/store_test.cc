#include "db/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/error.h"
#include "base/utc.h"
#include "tests/db/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StoreTest : public StoreFixture {};

TEST_F(StoreTest, GivesBackWhatWasPut) {
  Store store = open_with_run("a");
  PhaseRow phase;
  phase.run = "a", phase.name = "train", phase.directory = "train", phase.started_at = utc_now();
  phase.pid = 17, phase.pid_start = 99, phase.sandbox = "bubblewrap", phase.limit_ms = 600000.0;
  store.put_phase(phase);
  phase.wall_ms = 1234.5, phase.outcome = "ok", phase.exit_code = 0, phase.max_rss_bytes = 1 << 20;
  store.put_phase(phase);
  store.put_metric("a", "val_bpb", 1.25);
  store.put_curve("a", "train_loss", {{1, 10.0, 6.9}, {2, std::nullopt, 6.5}, {3, 30.0, std::nan("")}});
  store.put_artifact({"a", "artifact", "artifact.bin", "ff", 4711, "{}", ""});
  store.put_environment("a", {{"cpu", "x"}, {"kernel", "6.1"}});
  store.put_judgement(
      {"a",
       "pg",
       "aa",
       "2026-05-02",
       "",
       {{"artifact_size", "strict", "pass", R"({"observed":1})"}, {"score_before_update", "strict", "fail", "{}"}}});
  const RunRecord r = store.load_run("a");
  EXPECT_EQ(r.pinned.seed, 1337);
  EXPECT_EQ(r.submission.pr, 334);
  ASSERT_EQ(r.phases.size(), 1u);
  EXPECT_EQ(r.phases[0].wall_ms, 1234.5);
  EXPECT_EQ(r.phases[0].limit_ms, 600000.0);
  EXPECT_EQ(r.phases[0].signal, std::nullopt);
  EXPECT_EQ(r.metrics.at("val_bpb"), 1.25);
  EXPECT_THAT(r.curves, ElementsAre("train_loss"));
  const auto curve = store.load_curve("a", "train_loss");
  ASSERT_EQ(curve.size(), 2u);  // the NaN is left out
  EXPECT_EQ(curve[1].value, 6.5);
  EXPECT_EQ(curve[1].elapsed_ms, std::nullopt);
  EXPECT_EQ(r.artifacts[0].bytes, 4711);
  EXPECT_EQ(r.environment.at("kernel"), "6.1");
  ASSERT_TRUE(r.judgement);
  EXPECT_EQ(r.judgement->verdicts[1].status, "fail");
  const auto list = store.list_runs();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].val_bpb, 1.25);
  EXPECT_EQ(list[0].artifact_bytes, 4711);
  ASSERT_EQ(list[0].verdicts.size(), r.judgement->verdicts.size());
  EXPECT_EQ(list[0].verdicts[1].rule, "score_before_update");
  EXPECT_EQ(list[0].verdicts[1].status, "fail");
  store.check_integrity();
}

TEST_F(StoreTest, TakesOverARunThatEndedElsewhere) {
  Store store = open_with_run("a");
  store.move("a", RunState::failed, {"exception", "loss is NaN"});
  PhaseRow phase;
  phase.run = "a", phase.name = "train", phase.directory = ".", phase.started_at = utc_now(), phase.sandbox = "none";
  store.put_phase(phase);
  store.put_artifact({"a", "artifact", "artifact.bin", "ff", 4711, "{}", ""});
  RunRecord taken = store.load_run("a");
  taken.run.id = taken.run.directory = "b", taken.run.bundle_sha256 = "cc",
  taken.run.created_at = "2026-01-01T00:00:00.000Z";
  for (PhaseRow& p : taken.phases) p.run = "b";
  taken.submission.title = "another title";
  store.import_run(taken);
  const RunRecord r = store.load_run("b");
  EXPECT_FALSE(r.run.imported_at.empty());
  EXPECT_EQ(r.run.bundle_sha256, "cc");
  EXPECT_EQ(r.run.created_at, "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(r.run.failure.message, "loss is NaN");
  EXPECT_EQ(r.submission.title, "another title") << "what it was made from";
  EXPECT_EQ(store.list_submissions().at(0).title, "t") << "what is on record stays";
  EXPECT_EQ(r.transitions.size(), 2u);
  EXPECT_EQ(r.phases.size(), 1u);
  EXPECT_EQ(r.artifacts.at(0).saved_at, taken.artifacts.at(0).saved_at);
  const auto list = store.list_runs();
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list[0].id, "b");  // by its own time
  EXPECT_TRUE(list[0].imported);
  EXPECT_FALSE(list[1].imported);
  EXPECT_TRUE(store.unfinished_runs().empty());
  EXPECT_THROW(store.import_run(taken), Error);  // the name is taken
  taken.run.id = "c", taken.run.state = RunState::training;
  EXPECT_THROW(store.import_run(taken), std::logic_error);
  store.check_integrity();
}

TEST_F(StoreTest, ShowsTheLatestJudgement) {
  Store store = open_with_run("a");
  store.put_judgement({"a", "old", "aa", "2026-03-01", "", {{"x", "strict", "fail", "{}"}}});
  store.put_judgement({"a", "new", "bb", "2026-05-01", "", {{"x", "strict", "pass", "{}"}}});
  EXPECT_EQ(store.load_run("a").judgement->ruleset, "new");
  ASSERT_EQ(store.list_runs()[0].verdicts.size(), 1u);
  EXPECT_EQ(store.list_runs()[0].verdicts[0].status, "pass");
}

TEST_F(StoreTest, WalksTheStateMachine) {
  Store store = open_with_run("a");
  for (const RunState state : {RunState::preparing, RunState::training, RunState::packing, RunState::artifact_saved,
                               RunState::evaluating, RunState::judging, RunState::done})
    store.move("a", state);
  const RunRecord r = store.load_run("a");
  EXPECT_EQ(r.run.state, RunState::done);
  EXPECT_EQ(r.transitions.size(), 8u);
  EXPECT_FALSE(r.run.ended_at.empty());
  EXPECT_TRUE(store.unfinished_runs().empty());
}

TEST_F(StoreTest, RefusesMovesThatCannotHappen) {
  Store store = open_with_run("a");
  EXPECT_THROW(store.move("a", RunState::packing), std::logic_error);
  store.move("a", RunState::lost, {"lost", "pgolf died"});
  EXPECT_THROW(store.move("a", RunState::training), std::logic_error);
  EXPECT_THROW(store.move("a", RunState::failed), std::logic_error);
  EXPECT_EQ(store.load_run("a").run.failure.kind, "lost");
  store.move("a", RunState::evaluating);  // again, on the saved artifact
  EXPECT_EQ(store.load_run("a").run.failure.kind, "");
  EXPECT_EQ(store.load_run("a").run.ended_at, "");
}

TEST_F(StoreTest, RollsBackAsAWhole) {
  Store store = open_with_run("a");
  EXPECT_THROW(store.transact([&] {
    store.move("a", RunState::preparing);
    store.put_metric("a", "val_bpb", 1);
    fail(ErrorKind::machine, "in the middle");
  }),
               Error);
  const RunRecord r = store.load_run("a");
  EXPECT_EQ(r.run.state, RunState::queued);
  EXPECT_EQ(r.transitions.size(), 1u);
  EXPECT_TRUE(r.metrics.empty());
  store.move("a", RunState::preparing);  // and goes on
}

TEST_F(StoreTest, FindsRunsByPartAndByAge) {
  Store store = open_with_run("20260321-080000-334-demo-aaaa");
  add_run(store, "20260321-090000-334-demo-bbbb");
  EXPECT_EQ(store.find_run("aaaa"), "20260321-080000-334-demo-aaaa");
  EXPECT_EQ(store.find_run("last"), "20260321-090000-334-demo-bbbb");
  EXPECT_EQ(error_of([&] { store.find_run("demo"); }).kind(), ErrorKind::usage);
  EXPECT_EQ(error_of([&] { store.find_run("cccc"); }).kind(), ErrorKind::not_found);
}

// Two programs write the same file, each many runs: nothing is lost and nobody fails.
TEST_F(StoreTest, ServesTwoWritersAtOnce) {
  const auto work = [&](const std::string& prefix) {
    Store store = Store::open(path());
    for (int i = 0; i < 40; ++i) {
      const std::string id = prefix + std::to_string(i);
      add_run(store, id);
      store.move(id, RunState::preparing);
      store.put_metric(id, "val_bpb", i);
    }
  };
  std::thread other([&] { work("b"); });
  work("a");
  other.join();
  Store store = Store::open(path());
  EXPECT_EQ(store.list_runs().size(), 80u);
  store.check_integrity();
}

}  // namespace
}  // namespace pgolf
