// `pgolf check`: a line for each publication, whatever its neighbours are.
#include "base/units.h"
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

using CheckTest = VerbTest;

TEST_F(CheckTest, EachSubmissionIsALineWhateverItsNeighboursAre) {
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

TEST_F(CheckTest, NamesOfDirectoriesAreOneReadableLine) {
  submission_in("odd/two\nlines", "one");
  submission_in("odd/\xff\x1b[31m", "two");
  directory_.file("odd/ba\nd/submission.toml", "no toml [");
  const CommandResult r = pgolf({"check", "--all", "--submissions", (directory_.path() / "odd").string()});
  for (const char* line : {"\ntwo?lines (one) ", "\n??[31m (two) ", "\nba?d "}) EXPECT_THAT(r.out, HasSubstr(line));
  EXPECT_THAT(r.out, Not(HasSubstr("\x1b")));
}

TEST_F(CheckTest, WhatCouldNotBeJudgedHasNoOutcome) {
  directory_.file("many/bad/submission.toml", "no toml [");
  const std::string many = (directory_.path() / "many").string();
  EXPECT_THAT(pgolf({"check", "--all", "--submissions", many}).out,
              HasSubstr("bad        -        -         not judged"));
  const Json one = Json::parse(pgolf({"check", "--all", "--submissions", many, "--json"}).out).at("submissions").at(0);
  EXPECT_TRUE(one.at("strict").is_null());
  EXPECT_TRUE(one.at("practice").is_null());
}

// A log of a gigabyte is refused by its size.
TEST_F(CheckTest, ALogBeyondItsSizeIsNotRead) {
  submission_in("big/mine", "mine");
  const fs::path mine = directory_.path() / "big/mine";
  const Submission submission = load_submission(mine);
  const auto log = std::find_if(submission.claims.begin(), submission.claims.end(),
                                [](const Claim& claim) { return is_log(claim.source); });
  ASSERT_NE(log, submission.claims.end());
  directory_.file("big/mine/" + log->source, "step:1");
  fs::resize_file(mine / log->source, 1 << 30);
  const CommandResult r = pgolf({"check", mine.string()});
  EXPECT_EQ(r.exit_code, 4);
  EXPECT_THAT(r.err, HasSubstr("1073741824 bytes; a file of this kind has at most 67108864"));
}

TEST_F(CheckTest, AnotherSubmissionUnderAShippedNameIsNamed) {
  std::string text = read_text(source_dir() / "submissions/pr-334/submission.toml");
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
  // Every place counts as the judge does.
  const Json run = Json::parse(pgolf({"show", "last", "--json"}).out);
  const int64_t total = run.at("artifact").at("model_bytes").get<int64_t>() + 49'461;
  EXPECT_EQ(run.at("artifact").at("code_bytes"), 49'461);
  EXPECT_EQ(run.at("artifact").at("total_bytes"), total);
  for (const Json& v : run.at("verdicts"))
    if (v.at("rule") == "artifact_size") {
      EXPECT_EQ(v.at("observed"), total);
    }
  pgolf({"report", "last"});
  const fs::path reports = workspace().home / "reports";
  for (const fs::path& page : {reports / (run.at("run_id").get<std::string>() + ".md"), reports / "index.md"})
    EXPECT_THAT(read_text(page), HasSubstr(with_commas(total))) << page;
  EXPECT_THAT(read_text(reports / "index.csv"), HasSubstr(std::to_string(total)));
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("pr-334~"));
}

TEST_F(CheckTest, EveryPublicationIsChecked) {
  const CommandResult r = pgolf({"check", "--all", "--json"});
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_EQ(Json::parse(r.out).at("submissions").size(), 5u);
  EXPECT_EQ(pgolf({"check", "849", "--reading", "practice"}).exit_code,
            3);  // logs do not show what was learned, and when
  EXPECT_EQ(pgolf({"check"}).exit_code, 2);
}

}  // namespace
}  // namespace pgolf
