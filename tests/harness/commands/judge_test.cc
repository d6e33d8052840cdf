// What `judge`, `check`, `ls` and `show` say, and what they leave as it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class JudgeVerbsTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments,
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()});
  }
  // A submission of the tests' cases under another name.
  void submission_in(const std::string& directory, const std::string& id) const {
    std::string text = read_text(source_directory() / "tests/judge/cases/zero-bpb-959/submission.toml");
    text.replace(text.find("id = \"zero\""), 11, "id = \"" + id + "\"");
    directory_.file(directory + "/submission.toml", text);
  }
};

TEST_F(JudgeVerbsTest, AQuestionChangesNothing) {
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const std::string before = pgolf({"show", "last", "--json"}).out;
  const CommandResult asked = pgolf({"judge", "last", "--as-of", "2026-03-19"});
  EXPECT_THAT(asked.out, HasSubstr("a question: the judgement on record stays"));
  EXPECT_THAT(asked.out, HasSubstr("changed: scored_once (strict):"));
  pgolf({"judge", "--all", "--as-of", "2026-03-19"});
  pgolf({"judge", "last", "--ruleset", "pg-2026-05-02"});
  EXPECT_EQ(pgolf({"show", "last", "--json"}).out, before);
  const CommandResult early = pgolf({"judge", "last", "--as-of", "2026-03-01", "--keep"});
  EXPECT_EQ(early.exit_code, 2);
  EXPECT_THAT(early.err, HasSubstr("no rule of pg-2026-05-02 applies before 2026-03-18"));
  EXPECT_EQ(pgolf({"show", "last", "--json"}).out, before);
  pgolf({"judge", "last", "--as-of", "2026-03-19", "--keep"});
  EXPECT_EQ(Json::parse(pgolf({"show", "last", "--json"}).out).at("judgement").at("as_of"), "2026-03-19");
}

TEST_F(JudgeVerbsTest, TheOutcomeIsSaidEverywhereAndWhatFailedComesFirst) {
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
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("PRACTICE  BROKEN"));
}

TEST_F(JudgeVerbsTest, EachSubmissionIsALineWhateverItsNeighboursAre) {
  submission_in("many/mine", "mine");
  submission_in("many/pr-9001", "pr-9001");
  submission_in("many/a name with blanks", "other");
  directory_.file("many/pr-2/submission.toml", "format = \"pgolf.submission/1\"\n");
  directory_.file("many/pr-3/submission.toml", "no toml [");
  const std::string many = (directory_.path() / "many").string();
  const CommandResult r = pgolf({"check", "--all", "--submissions", many});
  EXPECT_EQ(r.exit_code, 2);
  for (const char* line : {"\nmine ", "\npr-9001 ", "\na name with blanks (other) ", "not judged: "})
    EXPECT_THAT(r.out, HasSubstr(line));
  EXPECT_THAT(r.out, HasSubstr("\npr-2 "));
  EXPECT_THAT(r.out, HasSubstr("key 'submission' is missing"));
  EXPECT_THAT(r.out, HasSubstr("\npr-3 "));
  EXPECT_THAT(r.out, HasSubstr("byte_count, strict"));
  const Json all = Json::parse(pgolf({"check", "--all", "--submissions", many, "--json"}).out);
  ASSERT_EQ(all.at("submissions").size(), 5u);
  int problems = 0;
  for (const Json& one : all.at("submissions")) problems += !one.at("problem").is_null();
  EXPECT_EQ(problems, 2);
}

TEST_F(JudgeVerbsTest, AnotherSubmissionUnderAShippedNameIsNamed) {
  std::string text = read_text(source_directory() / "submissions/pr-334/submission.toml");
  const auto at = text.find("bytes = 49461");
  text.replace(at, 13, "bytes = 461");
  directory_.file("forged/pr-334/submission.toml", text);
  const std::string forged = (directory_.path() / "forged").string();
  EXPECT_THAT(pgolf({"check", "334", "--submissions", forged}).out, HasSubstr("not the pr-334 that pgolf ships"));
  EXPECT_THAT(pgolf({"check", "334"}).out, HasSubstr("the submission that pgolf ships under this name"));
  pgolf({"demo", "--data", data().directory.string(), "-q"});
  EXPECT_THAT(pgolf({"ls"}).out, Not(HasSubstr("~")));
  pgolf({"demo", "--data", data().directory.string(), "-q", "--submissions", forged});
  const std::string shown = pgolf({"show", "last"}).out;
  EXPECT_THAT(shown, HasSubstr("not the pr-334 that pgolf ships: code bytes 461, shipped 49461"));
  EXPECT_THAT(shown, HasSubstr("code 49,461 as claimed"));
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("pr-334~"));
}

// #2127: training documents that are validation documents, and a manifest that says otherwise. The shards decide.
TEST_F(JudgeVerbsTest, TrainingOnValidationDocumentsIsCountedInTheShards) {
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

TEST_F(JudgeVerbsTest, CodeIsCountedInTheFileThatIsNamed) {
  std::string text = read_text(source_directory() / "submissions/pr-334/submission.toml");
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
  fs::copy_file(source_directory() / "tests/harness/resolve/stubs/nested.py", directory_.path() / "own/mine/train.py",
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
