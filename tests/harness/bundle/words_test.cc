// What a bundle says that nothing here shows: its documents, its dates, that it was withdrawn.
#include "base/json.h"
#include "base/utc.h"
#include "tests/harness/bundle/run_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

using BundleWordsTest = BundleRunTest;

// Of a submission that is not known here, each document is the bundle's: what no page could read refuses all of it.
// Attacks: unreadable-document
TEST_F(BundleWordsTest, ADocumentThatCannotBeReadRefusesTheBundle) {
  Store here = Store::open(workspace().database());
  const BundleContents good = run_contents(here, workspace(), make_run(here), {});
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  const auto before = files_of(other().home);
  for (const char* odd :
       {R"({"headline": 5})", R"({"headline": {"eval": []}})", R"({"claims": {"x": 1}, "headline": {"eval": 1}})"}) {
    BundleContents bad = good;
    Json submission = Json::parse(bad.files["submission.json"]);
    submission["document"] = Json::parse(odd);
    bad.files["submission.json"] = submission.dump();
    const Error e =
        error_of([&] { import_bundle(there, other(), write_bundle(bad), "b", ruleset_, "no submissions here"); });
    EXPECT_EQ(e.kind(), ErrorKind::submission) << odd << e.what();
    EXPECT_EQ(files_of(other().home), before) << odd;
    EXPECT_THAT(there.list_runs(), IsEmpty()) << odd;
  }
  EXPECT_TRUE(import_bundle(there, other(), write_bundle(good), "b", ruleset_, "no submissions here").new_run);
}

// Attacks: future-dates
TEST_F(BundleWordsTest, DatesAreClampedToNow) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  BundleContents late = run_contents(here, workspace(), run, {});
  Json rows = Json::parse(late.files["run.json"]);
  rows["run"]["created_at"] = rows["run"]["ended_at"] = "9999-12-31T23:59:59.999Z";
  for (Json& t : rows["transitions"]) t["at"] = "9999-12-31T23:59:59.999Z";
  rows["phases"][1]["started_at"] = "1970-01-01T00:00:00.000Z";
  late.files["run.json"] = rows.dump();
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  take(there, late);
  const RunRecord r = there.load_run(run);
  EXPECT_EQ(r.run.created_at, r.transitions.back().at);
  EXPECT_LE(r.run.created_at, r.run.imported_at);
  EXPECT_LE(r.run.ended_at, utc_now());
  for (const PhaseRow& phase : r.phases) EXPECT_GE(phase.started_at, r.run.created_at);
  EXPECT_FALSE(take(there, late).new_run);  // the same bundle again
  // A run that is made here afterwards is dated now, and is the last.
  Runner runner(there, other(), options());
  const std::string mine = runner.run(submission(), pinned(), data()).run;
  EXPECT_LE(there.load_run(mine).run.created_at, utc_now());
  EXPECT_EQ(there.find_run("last"), mine);
}

// Attacks: withdrawal-forgotten
TEST_F(BundleWordsTest, AWithdrawalTravels) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  const BundleContents counted = run_contents(here, workspace(), run, {});
  here.withdraw(run, "wrong shards");
  here.check_integrity();
  const BundleContents contents = run_contents(here, workspace(), run, {});
  EXPECT_THAT(contents.files.at("run.json"), HasSubstr("pgolf.bundle-run/2"));
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  take(there, contents);
  EXPECT_EQ(there.load_run(run).run.withdrawn_reason, "wrong shards");
  EXPECT_EQ(there.load_run(run).run.withdrawn_at, here.load_run(run).run.withdrawn_at);
  EXPECT_TRUE(there.list_runs().at(0).withdrawn);
  // An older bundle of it, from before, brings nothing back.
  EXPECT_THAT(error_of([&] { take(there, counted); }).what(), HasSubstr("was withdrawn here at"));
  EXPECT_EQ(run_contents(there, other(), run, {}).files.at("run.json"), contents.files.at("run.json"));
  // Nor the very bundle that it came in; and who has it as one that counts is told, with the verb.
  fs::remove_all(other().home);
  fs::create_directories(other().home);
  Store again = Store::open(other().database());
  take(again, counted);
  EXPECT_THAT(error_of([&] { take(again, contents); }).what(), HasSubstr("`pgolf withdraw " + run + "` takes it out"));
  EXPECT_FALSE(again.list_runs().at(0).withdrawn);
  again.withdraw(run, "here too");
  EXPECT_FALSE(take(again, counted).new_run);
  EXPECT_TRUE(again.list_runs().at(0).withdrawn);
  EXPECT_EQ(again.load_run(run).run.withdrawn_reason, "here too");
}

// Of the same configuration and seed, made later elsewhere.
// Attacks: displaces-the-local-run
TEST_F(BundleWordsTest, WhatWasMeasuredHereIsComparedFirst) {
  fs::create_directories(other().home);
  Store here = Store::open(workspace().database()), there = Store::open(other().database());
  Runner runner(there, other(), options());
  const std::string mine = runner.run(submission(), pinned(), data()).run;
  there.put_judgement(judgement_row(mine, ruleset_, "", judge_run(there, other(), mine, ruleset_, "")));
  there.move(mine, RunState::done);
  const std::string theirs = make_run(here);
  take(there, run_contents(here, workspace(), theirs, {}));
  ASSERT_LT(there.load_run(mine).run.created_at, there.load_run(theirs).run.created_at);
  const CommandResult compared = run_command({pgolf_program().string(), "--home", other().home.string(), "compare",
                                              "334@demo", "claims:334", "--mixed", "--no-page", "--json"});
  EXPECT_THAT(compared.out, HasSubstr(theirs + " repeats seed"));
  EXPECT_THAT(compared.out, testing::Not(HasSubstr(mine + " repeats seed")));
}

}  // namespace
}  // namespace pgolf
