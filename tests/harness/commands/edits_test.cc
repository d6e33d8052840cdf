// What somebody may change behind the program's back: the engine, a ruleset, the record. Nothing of it stays unsaid.
#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "base/sha256.h"
#include "db/seal.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class EditsTest : public HarnessFixture {
 protected:
  EditsTest() { EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0); }
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments,
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()});
  }
  void edit(const std::string& sql) const {
    SQLite::Database(workspace().database().string(), SQLite::OPEN_READWRITE).exec(sql);
  }
  // The rulesets of the checkout, one of them with another limit.
  fs::path edited_rules(const std::string& id = "pg-2026-05-02") const {
    std::string text = read_text(source_directory() / "rules/pg-2026-05-02.toml");
    text.replace(text.find("limit_bytes = 16000000"), 22, "limit_bytes = 99000000");
    text.replace(text.find("id = \"pg-2026-05-02\""), 20, "id = \"" + id + "\"");
    return directory_.file("rules/" + id + ".toml", text).parent_path();
  }
  Json shown() const { return Json::parse(pgolf({"show", "last", "--json"}).out); }
};

TEST_F(EditsTest, AnotherEngineIsNamedWhereverTheRunIsShown) {
  const std::string foreign = sha256_file(fake_engine()),
                    own = sha256_file(fs::path(PGOLF_BINARY_DIR) / "pgolf-engine");
  const std::string said = "not the engine that this run's pgolf was built with (" + own +
                           "): train, pack, eval, diagnose by SHA-256 " + foreign;
  const Json run = shown();
  EXPECT_EQ(run.at("foreign_engine"), said);
  EXPECT_EQ(run.at("phases").at(0).at("engine_sha256"), foreign);
  EXPECT_THAT(pgolf({"show", "last"}).out, HasSubstr(said));
  for (const char* page : {"report.html", "report.md"})
    EXPECT_THAT(read_text(workspace().home / run.at("directory").get<std::string>() / page), HasSubstr(foreign))
        << page;
}

// Attacks: edited-ruleset
TEST_F(EditsTest, AnEditedRulesetDoesNotStandForTheShippedOne) {
  const std::string rules = edited_rules().string();
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"judge", "last"}, {"judge", "--all"}, {"check", "334"}, {"demo"}}) {
    std::vector<std::string> arguments = verb;
    arguments.insert(arguments.end(), {"--rules-dir", rules});
    const CommandResult r = pgolf(arguments);
    EXPECT_EQ(r.exit_code, 2) << verb.front();
    EXPECT_THAT(r.err, HasSubstr("not the text of 'pg-2026-05-02' that this pgolf ships")) << verb.front();
  }
  EXPECT_THAT(pgolf({"doctor", "--rules-dir", rules}).out, HasSubstr("[FAIL] rulesets"));
  EXPECT_THAT(pgolf({"doctor", "--rules-dir", rules, "--accept-edited-ruleset"}).out, HasSubstr("[ok]   rulesets"));
  EXPECT_EQ(shown().at("judgement").at("ruleset"), "pg-2026-05-02");
  pgolf({"judge", "last", "--rules-dir", rules, "--accept-edited-ruleset"});
  const Json run = shown();
  EXPECT_EQ(run.at("judgement").at("ruleset"), "pg-2026-05-02+edited");
  EXPECT_EQ(run.at("judgement").at("ruleset_sha256"), sha256_file(fs::path(rules) / "pg-2026-05-02.toml"));
  EXPECT_THAT(pgolf({"show", "last"}).out, HasSubstr("verdicts by pg-2026-05-02+edited ("));
  SQLite::Database db(workspace().database().string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM judgements").getInt(), 2);  // the one before stays
}

TEST_F(EditsTest, AnotherTextUnderARulesetsOwnIdIsTold) {
  const std::string rules = edited_rules("mine").string();
  EXPECT_THAT(pgolf({"judge", "last", "--rules-dir", rules}).out, HasSubstr("by mine"));
  const std::string before = sha256_file(fs::path(rules) / "mine.toml").substr(0, 8);
  directory_.file("rules/mine.toml", read_text(fs::path(rules) / "mine.toml") + "# later\n");
  EXPECT_EQ(Json::parse(pgolf({"judge", "last", "--rules-dir", rules, "--json"}).out).at("before"),
            "mine of another text, " + before + ", as of 2026-05-02");
}

TEST_F(EditsTest, AnEditedRecordIsToldByEveryVerbThatReadsIt) {
  edit("UPDATE metrics SET value = 1.0 WHERE name = 'val_bpb'");
  for (const char* verb : {"show", "judge"}) {
    const CommandResult r = pgolf({verb, "last"});
    EXPECT_EQ(r.exit_code, 8) << verb;
    EXPECT_THAT(r.err, HasSubstr("are not those that were sealed")) << verb;
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
  }
  EXPECT_THAT(pgolf({"doctor"}).out, HasSubstr("[FAIL] record"));
  EXPECT_TRUE(Json::parse(pgolf({"ls", "--json"}).out).at("runs").at(0).at("edited").get<bool>());
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("done !"));
}

// A run that is made to look unfinished is no way to have it sealed anew.
TEST_F(EditsTest, AnEndedRunIsNotTakenForALostOne) {
  for (const char* state : {"training", "evaluating", "judging"}) {
    edit(std::string("UPDATE runs SET state = '") + state + "'");
    edit("UPDATE metrics SET value = 1.0 WHERE name = 'val_bpb'");
    EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("lost !"));
    EXPECT_EQ(pgolf({"show", "last"}).exit_code, 8) << state;
    const CommandResult judged = pgolf({"judge", "last"});
    EXPECT_EQ(judged.exit_code, 8) << state;
    EXPECT_THAT(judged.err, HasSubstr("cannot be marked lost")) << state;
    EXPECT_THAT(pgolf({"doctor"}).out, HasSubstr("[FAIL] record")) << state;
  }
  edit("UPDATE runs SET state = 'done'; UPDATE metrics SET value = 1.25 WHERE name = 'val_bpb'");
  EXPECT_EQ(pgolf({"show", "last"}).exit_code, 0);
}

TEST_F(EditsTest, ABrokenUnfinishedRunKeepsNoOtherFromBeingRead) {
  edit("PRAGMA foreign_keys = OFF; UPDATE runs SET state = 'training', pinned = 'nowhere'");
  const CommandResult listed = pgolf({"ls"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(pgolf({"show", "last"}).exit_code, 8);
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
}

TEST_F(EditsTest, OneEditedRunKeepsNoOtherFromBeingJudgedAndDrawn) {
  const std::string edited = shown().at("run_id");
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const std::string other = shown().at("run_id");
  edit("UPDATE verdicts SET status = 'pass' WHERE judgement = 1 AND status <> 'pass'");
  const CommandResult judged = pgolf({"judge", "--all", "--json"});
  EXPECT_EQ(judged.exit_code, 8);
  const Json runs = Json::parse(judged.out).at("runs");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_FALSE(runs.at(0).at("problem").is_null());
  EXPECT_TRUE(runs.at(1).at("problem").is_null());
  const CommandResult drawn = pgolf({"report"});
  EXPECT_EQ(drawn.exit_code, 8);
  EXPECT_THAT(drawn.err, HasSubstr("left out: "));
  const std::string page = read_text(workspace().home / "reports/index.html");
  EXPECT_THAT(page, HasSubstr(other));
  EXPECT_THAT(page, Not(HasSubstr(edited)));
  const Json index = Json::parse(read_text(workspace().home / "reports/index.json"));
  ASSERT_EQ(index.at("runs").size(), 1u);
  EXPECT_EQ(index.at("runs").at(0).at("run_id"), other);
}

// Who also forges the seals is contradicted by the run's own logs.
// Attacks: forged-seals
TEST_F(EditsTest, ARecordOfForgedSealsIsHeldAgainstTheRunsFiles) {
  const auto forge = [&](const std::string& sql) {
    edit("DELETE FROM seals; " + sql);
    SQLite::Database db(workspace().database().string(), SQLite::OPEN_READWRITE);
    seal_older_runs(db);
  };
  const auto told = [&](const std::string& sql, const std::string& undo) {
    forge(sql);
    const CommandResult r = pgolf({"judge", "last"});
    EXPECT_EQ(r.exit_code, 8) << sql;
    edit(undo);
    return r.err;
  };
  EXPECT_THAT(told("UPDATE metrics SET value = 1.0 WHERE name = 'val_bpb'",
                   "UPDATE metrics SET value = 1.25 WHERE name = 'val_bpb'"),
              HasSubstr("the record says val_bpb 1, the run's log says 1.25"));
  EXPECT_THAT(told("UPDATE curves SET value = value - 1 WHERE series = 'train_loss' AND step = 3",
                   "UPDATE curves SET value = value + 1 WHERE series = 'train_loss' AND step = 3"),
              HasSubstr("the curve train_loss on record is not the one of the run's log"));
  EXPECT_THAT(told("UPDATE artifacts SET bytes = bytes - 1 WHERE name = 'artifact'",
                   "UPDATE artifacts SET bytes = bytes + 1 WHERE name = 'artifact'"),
              HasSubstr("the record says that artifact.bin has"));
  EXPECT_THAT(told("UPDATE pinned SET as_run = 1", "UPDATE pinned SET as_run = 0"),
              HasSubstr("not the one that the columns of its row name"));
  forge("");
  EXPECT_NE(pgolf({"judge", "last"}).exit_code, 8);
}

// A run is shown as what it was made from, whatever its submission.toml says later.
TEST_F(EditsTest, AnOldRunKeepsItsTitle) {
  std::string text = read_text(source_directory() / "submissions/pr-334/submission.toml");
  const std::string title = submission().title;
  text.replace(text.find(title), title.size(), "A later title");
  const std::string later = directory_.file("later/pr-334/submission.toml", text).parent_path().parent_path().string();
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q", "--submissions", later}).exit_code, 0);
  const Json runs = Json::parse(pgolf({"ls", "--json"}).out).at("runs");
  EXPECT_THAT(pgolf({"show", runs.at(0).at("run_id")}).out, HasSubstr(title));
  EXPECT_THAT(pgolf({"show", runs.at(1).at("run_id")}).out, HasSubstr("A later title"));
}

}  // namespace
}  // namespace pgolf
