// `pgolf judge`: what it says, and what it leaves as it is.
#include <sys/stat.h>

#include "base/sha256.h"
#include "db/seal.h"
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using JudgeRunVerbTest = RunVerbTest;
using JudgeVerbTest = VerbTest;

// Attacks: edited-ruleset
TEST_F(JudgeRunVerbTest, AnEditedRulesetDoesNotStandForTheShippedOne) {
  const std::string rules = edited_rules().string();
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"judge", "last"}, {"judge", "--all"}, {"check", "334"}, {"demo"}}) {
    std::vector<std::string> arguments = verb;
    arguments.insert(arguments.end(), {"--rules-dir", rules});
    const CommandResult r = pgolf(arguments);
    EXPECT_EQ(r.exit_code, 2) << verb.front();
    EXPECT_THAT(r.err, HasSubstr("not the text of 'pg-2026-05-02.3' that this pgolf ships")) << verb.front();
  }
  EXPECT_THAT(pgolf({"doctor", "--rules-dir", rules}).out, HasSubstr("[FAIL] rulesets"));
  EXPECT_THAT(pgolf({"doctor", "--rules-dir", rules, "--accept-edited-ruleset"}).out, HasSubstr("[ok]   rulesets"));
  EXPECT_EQ(shown().at("judgement").at("ruleset"), "pg-2026-05-02.3");
  pgolf({"judge", "last", "--rules-dir", rules, "--accept-edited-ruleset"});
  const Json run = shown();
  EXPECT_EQ(run.at("judgement").at("ruleset"), "pg-2026-05-02.3+edited");
  EXPECT_EQ(run.at("judgement").at("ruleset_sha256"), sha256_file(fs::path(rules) / "pg-2026-05-02.3.toml"));
  EXPECT_THAT(pgolf({"show", "last"}).out, HasSubstr("verdicts by pg-2026-05-02.3+edited ("));
  SQLite::Database db(workspace().database().string(), SQLite::OPEN_READONLY);
  EXPECT_EQ(db.execAndGet("SELECT count(*) FROM judgements").getInt(), 2);  // the one before stays
}

TEST_F(JudgeRunVerbTest, AnotherTextUnderARulesetsOwnIdIsTold) {
  const std::string rules = edited_rules("mine").string();
  EXPECT_THAT(pgolf({"judge", "last", "--rules-dir", rules}).out, HasSubstr("by mine"));
  const std::string before = sha256_file(fs::path(rules) / "mine.toml").substr(0, 8);
  directory_.file("rules/mine.toml", read_text(fs::path(rules) / "mine.toml") + "# later\n");
  EXPECT_EQ(Json::parse(pgolf({"judge", "last", "--rules-dir", rules, "--json"}).out).at("before"),
            "mine of another text, " + before + ", as of 2026-05-02");
}

// Who also forges the seals is contradicted by the run's own logs.
// Attacks: forged-seals
TEST_F(JudgeRunVerbTest, ARecordOfForgedSealsIsHeldAgainstTheRunsFiles) {
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

TEST_F(JudgeRunVerbTest, APipeInPlaceOfEvidenceIsNoEvidence) {
  const fs::path run = workspace().run(shown().at("run_id")).root();
  for (const char* name : {"ledger.jsonl", "eval.events.jsonl", "artifact.bin"}) {
    SCOPED_TRACE(name);
    fs::rename(run / name, run / "kept");
    ASSERT_EQ(::mkfifo((run / name).c_str(), 0600), 0);
    for (const std::vector<std::string>& verb :
         {std::vector<std::string>{"judge", "last"}, {"judge", "--all"}, {"show", "last"}, {"report"}}) {
      std::vector<std::string> argv{"/usr/bin/timeout", "60", pgolf_program().string()};
      argv.insert(argv.end(), verb.begin(), verb.end());
      EXPECT_NE(run_command(argv, {"PGOLF_HOME=" + workspace().home.string()}).exit_code, 124) << verb.front();
    }
    fs::remove(run / name);
    fs::rename(run / "kept", run / name);
  }
}

TEST_F(JudgeVerbTest, AQuestionChangesNothing) {
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const std::string before = pgolf({"show", "last", "--json"}).out;
  const CommandResult asked = pgolf({"judge", "last", "--as-of", "2026-03-19"});
  EXPECT_THAT(asked.out, HasSubstr("a question: the judgement on record stays"));
  EXPECT_THAT(asked.out, HasSubstr("changed: scored_once (strict):"));
  pgolf({"judge", "--all", "--as-of", "2026-03-19"});
  pgolf({"judge", "last", "--ruleset", "pg-2026-05-02.3"});
  EXPECT_EQ(pgolf({"show", "last", "--json"}).out, before);
  const CommandResult early = pgolf({"judge", "last", "--as-of", "2026-03-01", "--keep"});
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.err, HasSubstr("no rule of pg-2026-05-02.3 applies before 2026-03-18"));
  EXPECT_EQ(pgolf({"show", "last", "--json"}).out, before);
  pgolf({"judge", "last", "--as-of", "2026-03-19", "--keep"});
  EXPECT_EQ(Json::parse(pgolf({"show", "last", "--json"}).out).at("judgement").at("as_of"), "2026-03-19");
}

TEST_F(JudgeVerbTest, TheOutcomeIsSaidEverywhereAndWhatFailedComesFirst) {
  pgolf({"demo", "--data", data().directory.string(), "-q"});
  const Json run = Json::parse(pgolf({"show", "last", "--json"}).out);
  const std::string strict = run.at("strict"), practice = run.at("practice");
  const Json listed = Json::parse(pgolf({"ls", "--json"}).out).at("runs").at(0);
  EXPECT_EQ(listed.at("strict"), strict);
  EXPECT_EQ(listed.at("practice"), practice);
  EXPECT_EQ(Json::parse(pgolf({"judge", "last", "--json"}).out).at("strict"), strict);
  for (const char* verb : {"show", "judge"}) {
    const std::string text = pgolf({verb, "last"}).out;
    EXPECT_THAT(text, HasSubstr("outcome: strict " + strict)) << verb;
    EXPECT_THAT(text, HasSubstr("practice " + practice)) << verb;
    EXPECT_THAT(text, HasSubstr("\nto do: ")) << verb;
    EXPECT_THAT(text, HasSubstr("a further run must show")) << verb;
    size_t last_fail = text.rfind(" fail     "), first_pass = text.find(" pass     pass ");
    EXPECT_TRUE(last_fail == std::string::npos || last_fail < first_pass) << text;
  }
  EXPECT_THAT(pgolf({"ls"}).out, AllOf(HasSubstr("PRACTICE  TIER"), HasSubstr("  BROKEN")));
}

// #2127: training documents that are validation documents, and a manifest that says otherwise. The shards decide.
TEST_F(JudgeVerbTest, TrainingOnValidationDocumentsIsCountedInTheShards) {
  const fs::path root = directory_.path(), docs = root / "docs.jsonl", model = data().tokenizer_path();
  const auto prepare = [&](const char* name, const char* val_docs) {
    EXPECT_EQ(pgolf({"-q", "data", "prepare", "--docs", docs.string(), "--tokenizer", model.string(), "--val-docs",
                     val_docs, "--out", (root / name).string()})
                  .exit_code,
              0);
    return Json::parse(read_text(root / name / kManifestName));
  };
  Json mixed = prepare("twenty", "20");
  mixed["train"] = prepare("five", "5").at("train");
  mixed["source"]["documents"] = 55;
  fs::remove_all(root / "twenty/train");
  fs::copy(root / "five/train", root / "twenty/train", fs::copy_options::recursive);
  directory_.file("twenty/" + std::string(kManifestName), mixed.dump());
  const CommandResult run = pgolf({"demo", "--data", (root / "twenty").string(), "-q"});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  int found = 0;
  const Json shown = Json::parse(pgolf({"show", "last", "--json"}).out);
  for (const Json& v : shown.at("verdicts")) {
    if (v.at("rule") != "train_val_overlap") continue;
    ++found;
    EXPECT_EQ(v.at("status"), "fail") << v;
    EXPECT_NEAR(v.at("observed").get<double>(), 0.75, 1e-9);
    EXPECT_THAT(v.at("reason").get<std::string>(), HasSubstr("15 of 20 validation documents"));
  }
  EXPECT_EQ(found, 2);
}

TEST_F(JudgeVerbTest, CodeIsCountedInTheFileThatIsNamed) {
  std::string text = read_text(source_dir() / "submissions/pr-334/submission.toml");
  text.replace(text.find("id = \"pr-334\""), 13, "id = \"mine\"");
  const auto at = text.find("bytes = 49461");
  text.replace(at, 13, "file = \"train.py\"");
  directory_.file("own/mine/train.py", std::string(12'345, '#'));
  directory_.file("own/mine/more.py", "x");
  directory_.file("own/mine/submission.toml", text);
  const std::string mine = (directory_.path() / "own/mine").string();
  pgolf({"demo", mine, "--data", data().directory.string(), "-q"});
  EXPECT_THAT(pgolf({"show", "last"}).out, Not(HasSubstr("as claimed")));
  const Json run = Json::parse(pgolf({"show", "last", "--json"}).out);
  EXPECT_EQ(run.at("artifact").at("code_bytes"), 12'345);
  EXPECT_EQ(run.at("environment").at("code_file"), "train.py");
  EXPECT_THAT(pgolf({"check", mine}).out, HasSubstr("not known to be needed: more.py"));
  fs::copy_file(source_dir() / "tests/resolve/stubs/nested.py", directory_.path() / "own/mine/train.py",
                fs::copy_options::overwrite_existing);
  EXPECT_THAT(
      pgolf({"check", mine}).out,
      HasSubstr("code 787 as shipped, counted in train.py, a wrapper of 1,172 (LZMA in base85 in zlib in base64)"));
  fs::remove(directory_.path() / "own/mine/train.py");
  const CommandResult gone = pgolf({"check", mine});
  EXPECT_EQ(gone.exit_code, 2);
  EXPECT_THAT(gone.err, HasSubstr("[code] file"));
}

}  // namespace
}  // namespace pgolf
