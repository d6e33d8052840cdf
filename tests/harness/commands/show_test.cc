// `pgolf show`: what is named of a run, whatever was changed behind its back.
#include "base/sha256.h"
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using ShowTest = RunVerbTest;

TEST_F(ShowTest, AnotherEngineIsNamedWhereverTheRunIsShown) {
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

// What was judged is shown by the text that judged it, whatever became of the file.
TEST_F(ShowTest, AnEditedRulesetKeepsNoRunFromBeingShown) {
  const std::string rules = edited_rules().string(), none = (directory_.path() / "none").string();
  const Json before = shown().at("reproduction");
  for (const std::string& directory : {rules, none}) {
    const CommandResult shown = pgolf({"show", "last", "--json", "--rules-dir", directory});
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_EQ(shown.err, "");
    EXPECT_EQ(Json::parse(shown.out).at("reproduction"), before);
    EXPECT_EQ(pgolf({"report", "--rules-dir", directory}).exit_code, 0);
    const CommandResult compared =
        pgolf({"compare", "claims:334", "claims:849", "--mixed", "--no-page", "--json", "--rules-dir", directory});
    EXPECT_THAT(compared.err, HasSubstr("pgolf's own text of pg-2026-05-02.3 is taken"));
    EXPECT_EQ(Json::parse(compared.out).at("margin_nats"), 0.005);
    EXPECT_EQ(Json::parse(compared.out).at("alpha"), 0.01);
  }
  const CommandResult judged = pgolf({"judge", "last", "--rules-dir", none});
  EXPECT_EQ(judged.exit_code, 7);
  EXPECT_THAT(judged.err, HasSubstr("none: has no ruleset of the challenge and no other; name a directory"));
}

// A run judged by a text that is gone is shown by the latest one, with a notice.
TEST_F(ShowTest, ARunWhoseRulesetIsGoneIsShownByTheLatest) {
  const std::string rules = edited_rules("mine").string();
  pgolf({"judge", "last", "--rules-dir", rules, "--ruleset", "mine", "--keep"});
  const CommandResult r = pgolf({"show", "last"});
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.err, HasSubstr("the text of 'mine' that judged"));
  EXPECT_THAT(r.err, HasSubstr("the margin is that of pg-2026-05-02.3"));
  EXPECT_EQ(pgolf({"show", "last", "--rules-dir", rules}).err, "");
}

TEST_F(ShowTest, AnEditedRecordIsToldByEveryVerbThatReadsIt) {
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

// A run is shown as what it was made from, whatever its submission.toml says later.
TEST_F(ShowTest, AnOldRunKeepsItsTitle) {
  std::string text = read_text(source_dir() / "submissions/pr-334/submission.toml");
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
