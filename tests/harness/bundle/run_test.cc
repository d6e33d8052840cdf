// A run from one record to another, and what becomes of bundles that lie about it.
#include "harness/bundle/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "harness/cli/run_json.h"
#include "harness/cli/run_list.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/judging.h"
#include "harness/judging/run_facts.h"
#include "judge/judge.h"
#include "tests/harness/bundle/run_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

TEST_F(BundleRunTest, ARunGoesFromOneRecordToAnother) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  const BundleContents contents = run_contents(here, workspace(), run, source_dir() / "rules");
  for (const char* file :
       {"run.json", "pinned.json", "submission.json", "verdicts.json", "rulesets/pg-2026-05-02.3.toml",
        "run/train.events.jsonl", "run/eval.events.jsonl", "run/ledger.jsonl", "run/artifact.bin"})
    EXPECT_TRUE(contents.files.contains(file)) << file;
  EXPECT_FALSE(contents.files.contains("run/checkpoint.safetensors"));
  EXPECT_EQ(write_bundle(contents), write_bundle(run_contents(here, workspace(), run, source_dir() / "rules")));

  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  const ImportResult result = take(there, contents);
  EXPECT_TRUE(result.new_run);
  const RunRecord a = here.load_run(run), b = there.load_run(run);
  EXPECT_FALSE(b.run.imported_at.empty());
  EXPECT_EQ(b.run.bundle_sha256, sha256_hex(write_bundle(contents)));
  EXPECT_EQ(b.run.created_at, a.run.created_at);
  EXPECT_EQ(b.metrics, a.metrics);
  EXPECT_EQ(b.curves, a.curves);
  EXPECT_EQ(b.transitions.size(), a.transitions.size());
  EXPECT_EQ(b.phases.size(), a.phases.size());
  EXPECT_EQ(b.environment, a.environment);
  ASSERT_TRUE(b.judgement);
  // Verdicts rest on files and rows alone, but for the data, which are not here to be recounted and compared.
  for (const std::string& difference : result.differs)
    EXPECT_THAT(difference, testing::AnyOf(HasSubstr("byte_count"), HasSubstr("data_hashes"), HasSubstr("scored_once"),
                                           HasSubstr("train_val_overlap")));
  for (const Verdict& v : result.verdicts) {
    if (v.reading != Reading::strict || !is_witnessed(v.rule)) continue;
    EXPECT_NE(v.status, Status::pass) << v.rule;
  }
  EXPECT_EQ(run_to_json(b, record_margin(ruleset_)).at("imported").at("bundle_sha256"), b.run.bundle_sha256);
  EXPECT_THAT(run_to_text(b, record_margin(ruleset_)), HasSubstr("times and isolation are its word"));
  EXPECT_THAT(runs_to_text(there.list_runs(), {"run", "state"}), HasSubstr("done +"));
  there.check_integrity();
}

TEST_F(BundleRunTest, WithTheSameDataHereTheTextIsRecounted) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  fs::create_directories(other().home / "data");
  fs::copy(data().directory, other().home / "data/same", fs::copy_options::recursive);
  Store there = Store::open(other().database());
  const ImportResult result = take(there, run_contents(here, workspace(), run, {}));
  const RunFacts facts = run_facts(there.load_run(run), other());
  EXPECT_EQ(facts.manifest.size(), run_facts(here.load_run(run), workspace()).manifest.size());
  EXPECT_EQ(facts.val_bytes, run_facts(here.load_run(run), workspace()).val_bytes);
  EXPECT_TRUE(facts.val_bytes);
}

// Attacks: replayed-bundle
TEST_F(BundleRunTest, TheSameAgainChangesNothingAndAnotherIsRefused) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  const BundleContents contents = run_contents(here, workspace(), run, {});
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  take(there, contents);
  const std::string imported_at = there.load_run(run).run.imported_at;
  EXPECT_FALSE(take(there, contents).new_run);
  EXPECT_EQ(there.load_run(run).run.imported_at, imported_at);
  EXPECT_EQ(there.list_runs().size(), 1u);
  // What was imported can be handed on, and is still the same run: here too, where it came from.
  const BundleContents again = run_contents(there, other(), run, {});
  EXPECT_FALSE(take(there, again).new_run);
  EXPECT_FALSE(import_bundle(here, workspace(), write_bundle(again), "b", ruleset_, "nowhere").new_run);
  EXPECT_EQ(here.load_run(run).run.imported_at, "");

  BundleContents forged = contents;
  forged.files["run/eval.events.jsonl"] += "{\"event\": \"heartbeat\", \"t_ms\": 1e9}\n";
  const Error e = error_of([&] { take(there, forged); });
  EXPECT_EQ(e.kind(), ErrorKind::usage);
  EXPECT_THAT(e.what(), HasSubstr("is on record with other content; it stays as it is"));
}

// Every edit of a good bundle is refused in one line and leaves nothing behind.
class BundleRefusalTest : public BundleRunTest {
 protected:
  BundleRefusalTest() : here_(Store::open(workspace().database())) {
    const std::string run = make_run(here_);
    good_ = run_contents(here_, workspace(), run, {});
    fs::create_directories(other().home);
    there_.emplace(Store::open(other().database()));
    before_ = files_of(other().home);
  }

  void refused(const std::function<void(BundleContents&)>& edit, const std::string& what) {
    BundleContents bad = good_;
    edit(bad);
    const Error e = error_of([&] { take(*there_, bad); });
    EXPECT_EQ(e.kind(), ErrorKind::submission) << e.what();
    EXPECT_THAT(e.what(), HasSubstr(what));
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos) << e.what();
    EXPECT_EQ(files_of(other().home), before_);
    EXPECT_THAT(there_->list_runs(), IsEmpty());
  }
  static std::function<void(BundleContents&)> edit_rows(const std::function<void(Json&)>& edit) {
    return [edit](BundleContents& b) {
      Json rows = Json::parse(b.files["run.json"]);
      edit(rows);
      b.files["run.json"] = rows.dump();
    };
  }

  Store here_;
  BundleContents good_;
  std::optional<Store> there_;
  std::set<std::string> before_;
};

TEST_F(BundleRefusalTest, FilesThatDoNotFitTogether) {
  refused([](BundleContents& b) { b.files.erase("run.json"); }, "has no run.json");
  refused([](BundleContents& b) { b.files.erase("pinned.json"); }, "has no pinned.json");
  refused(
      [](BundleContents& b) {
        b.files["pinned.json"].replace(b.files["pinned.json"].find("\"seed\": "), 9, "\"seed\": 9");
      },
      "pinned.json");
  refused([](BundleContents& b) { b.files["extra.txt"] = "x"; }, "'extra.txt' is nothing that a bundle carries");
  refused([](BundleContents& b) { b.files["run/lock"] = ""; }, "'run/lock' is nothing");
  refused([](BundleContents& b) { b.files["run/report.html"] = "<script>"; }, "'run/report.html' is nothing");
  refused([](BundleContents& b) { b.run = "20200101-000000-another"; }, "its manifest names '20200101-000000-another'");
  refused([](BundleContents& b) { b.files["submission.json"] = "{}"; }, "submission.json: key 'id' is missing");
  refused([](BundleContents& b) { b.files["verdicts.json"] = "{"; }, "verdicts.json: not valid JSON");
  refused(
      [](BundleContents& b) {
        b.files["verdicts.json"] = R"({"verdicts": [{"rule": 5, "reading": "strict", "status": "pass"}]})";
      },
      "key 'rule'");
}

TEST_F(BundleRefusalTest, RowsThatDoNotFitTogether) {
  refused(edit_rows([](Json& r) { r["format"] = "pgolf.bundle-run/3"; }), "'pgolf.bundle-run/3' is not");
  refused(edit_rows([](Json& r) { r["format"] = "pgolf.bundle-run/2"; }), "key 'withdrawn' is missing");
  for (const char* when : {"9999", "zzzz-12-31T00:00:00.000Z", "2026-03-21 08:00:00.000Z", ""})
    refused(edit_rows([&](Json& r) { r["run"]["created_at"] = when; }), "time");
  refused(edit_rows([](Json& r) { r["run"]["state"] = "training"; }), "the run is training");
  refused(edit_rows([](Json& r) { r["run"]["state"] = "golden"; }), "'golden' is no state");
  refused(edit_rows([](Json& r) { r["run"]["command"] = "rm"; }), "key 'command' has the wrong type");
  refused(edit_rows([](Json& r) { r["phases"][0]["wall_ms"] = "fast"; }), "key 'wall_ms' has the wrong type");
  refused(edit_rows([](Json& r) { r["phases"][0]["name"] = "../x"; }), "'../x' is no phase");
  refused(edit_rows([](Json& r) { r["artifacts"][0]["path"] = "../../x"; }), "no file of a run");
  refused(edit_rows([](Json& r) { r["artifacts"].push_back(r["artifacts"][0]); }), "artifact 'checkpoint' comes twice");
  refused(edit_rows([](Json& r) { r["environment"] = {{"cpu", 1}}; }), "key 'environment'");
  refused(edit_rows([](Json& r) { r.erase("transitions"); }), "key 'transitions' is missing");
}

TEST_F(BundleRefusalTest, DocumentsOfPhasesThatAreDamaged) {
  refused(edit_rows([](Json& r) { r["phases"][0]["document"] = R"({"span_ms": {"train": "x"}})"; }), "key 'span_ms'");
  refused(edit_rows([](Json& r) { r["phases"][0]["document"] = R"({"watched": 1})"; }), "key 'watched'");
  refused(edit_rows([](Json& r) { r["phases"][0]["document"] = R"({"denied": ["open /x"]})"; }), "key 'kind'");
  refused(edit_rows([](Json& r) { r["phases"][0]["document"] = R"({"environment": ["HOME"]})"; }), "key 'environment'");
  for (const char* times : {"0", "-1", "9223372036854775807"})
    refused(edit_rows([&](Json& r) {
              r["phases"][0]["document"] =
                  std::string(R"({"denied": [{"kind": "val", "what": "open /x", "times": )") + times + "}]}";
            }),
            "an attempt that was made");
  refused(edit_rows([](Json& r) { r["phases"][2]["document"] = R"({"passes": [{"name": 7}]})"; }), "key 'name'");
  refused(edit_rows([](Json& r) {
            r["phases"][2]["document"] =
                R"({"passes": [{"name": "ttt", "ended": true, "headline": true, "targets": 1e30}]})";
          }),
          "key 'targets'");
  refused(edit_rows([](Json& r) { r["phases"][0]["document"] = R"({"over": 5})"; }), "key 'over'");
  refused(edit_rows([](Json& r) { r["phases"][0]["document"] = "[1"; }), "not valid JSON");
}

TEST_F(BundleRunTest, ADirectoryInTheWayStays) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  const BundleContents contents = run_contents(here, workspace(), run, {});
  fs::create_directories(other().home / run);
  write_file_atomic(other().home / run / "mine", std::string_view("x"));
  Store there = Store::open(other().database());
  EXPECT_THAT(error_of([&] { take(there, contents); }).what(), HasSubstr("is in the way"));
  EXPECT_EQ(read_text(other().home / run / "mine"), "x");
  EXPECT_THAT(there.list_runs(), IsEmpty());
}

// Attacks: told-submission
TEST_F(BundleRunTest, TheSubmissionIsNotTheBundlesToTell) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  BundleContents contents = run_contents(here, workspace(), run, {});
  Json submission = Json::parse(contents.files["submission.json"]);
  submission["title"] = "world record", submission["track"] = "no_limits";
  contents.files["submission.json"] = submission.dump();
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  take(there, contents);
  EXPECT_THAT(there.load_run(run).submission.title, HasSubstr("Non-record: 11L"));
  EXPECT_EQ(there.load_run(run).submission.track, "non_record_16mb");
}

// Attacks: forged-ledger-in-bundle
TEST_F(BundleRunTest, AForgedLedgerFailsHere) {
  Store here = Store::open(workspace().database());
  const std::string run = make_run(here);
  BundleContents contents = run_contents(here, workspace(), run, {});
  std::string& ledger = contents.files["run/ledger.jsonl"];
  const size_t at = ledger.find("SCORE");
  ASSERT_NE(at, std::string::npos);
  ledger[ledger.find_first_of("0123456789", at)] ^= 1;
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  const ImportResult result = take(there, contents);
  bool failed = false;
  for (const Verdict& v : result.verdicts) failed |= v.rule == "ledger_intact" && v.status == Status::fail;
  EXPECT_TRUE(failed);
  EXPECT_THAT(result.differs, Contains(HasSubstr("ledger_intact (strict): pass there, fail here")));
}

TEST_F(BundleRunTest, AFailedRunTravelsToo) {
  Store here = Store::open(workspace().database());
  const EngineBehaviour broken("train=exit:4");
  const DataManifest prepared = data();
  const RunEnd end = Runner(here, workspace(), options()).run(submission(), pinned(), prepared);
  fs::create_directories(other().home);
  Store there = Store::open(other().database());
  const ImportResult result = take(there, run_contents(here, workspace(), end.run, {}));
  EXPECT_EQ(there.load_run(end.run).run.state, RunState::failed);
  EXPECT_EQ(there.load_run(end.run).run.failure.message, here.load_run(end.run).run.failure.message);
  EXPECT_EQ(outcome(result.verdicts, Reading::strict), Status::unknown);
}

}  // namespace
}  // namespace pgolf
