#include "resolve/submission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "engine/config/fields.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> kAll = {"pr-334", "pr-754", "pr-849", "pr-2097", "pr-2143"};

std::filesystem::path root() { return source_dir() / "submissions"; }

TEST(SubmissionTest, AllFiveLoadAndTheirReadmesTellTheSameDifferences) {
  EXPECT_THAT(list_submissions(root()), testing::ElementsAreArray(kAll));
  for (const std::string& id : kAll) {
    const Submission s = load_submission(root() / id);
    EXPECT_EQ(s.id, id);
    const std::string readme = read_text(root() / id / "README.md");
    for (const Difference& d : s.differences) {
      EXPECT_THAT(readme, HasSubstr("| " + d.claimed + " | " + d.as_run + " | " + d.evidence + " |")) << id;
    }
  }
}

TEST(SubmissionTest, ConfigurationsHoldOnlyWhatDiffersFromTheDefaults) {
  for (const std::string& id : kAll)
    for (const Setting& s : load_submission(root() / id).config) {
      Config defaults, changed;
      set_config_field(changed, s.key, s.value, s.origin);
      EXPECT_NE(config_to_json(changed), config_to_json(defaults))
          << s.origin << ": " << s.key << " equals its default";
    }
}

TEST(SubmissionTest, ClaimsKeepThePrintedDigits) {
  const Submission s = load_submission(root() / "pr-754");
  EXPECT_THAT(s.seeds, ElementsAre(1337, 42, 2024));
  const Claim& log = s.claims.front();
  EXPECT_EQ(log.source, "train_seed1337.log");
  EXPECT_EQ(log.total_bytes, 15974484);
  EXPECT_EQ(*log.model_bytes + *log.code_bytes, *log.total_bytes);
  EXPECT_EQ(log.evals[0].val_loss, "1.8860");  // four decimals, the last a zero
  EXPECT_EQ(log.evals.back().name, "ttt");
  EXPECT_EQ(log.evals.back().val_bpb, "1.12171486");
  EXPECT_EQ(log.evals.back().eval_ms, 455898);
}

TEST(SubmissionTest, IsFoundByNumberNameLinkAndPath) {
  const auto expected = root() / "pr-334";
  for (const char* name : {"334", "pr-334", "#334", "https://github.com/openai/parameter-golf/pull/334"})
    EXPECT_EQ(find_submission(root(), name), expected) << name;
  EXPECT_EQ(load_submission(find_submission(root(), expected.string())).pr, 334);
  EXPECT_EQ(load_submission(find_submission(root(), expected.string() + "/")).pr, 334);
  EXPECT_EQ(load_submission(find_submission(root(), (expected / "submission.toml").string())).pr, 334);
  for (const char* name : {"335", "pr-", "", "nothing", "../334", "3 34"}) {
    const Error e = error_of([&] { find_submission(root(), name); });
    EXPECT_EQ(e.kind(), ErrorKind::not_found) << name;
    EXPECT_THAT(e.what(), HasSubstr("pr-334, pr-754, pr-849")) << name;
  }
}

struct BadCase {
  const char *name, *replace, *with, *message;
};

class BadSubmissionTest : public testing::TestWithParam<BadCase> {};

// Line numbers are those of submissions/pr-334/submission.toml with the change made.
TEST_P(BadSubmissionTest, IsRefusedWithFileLineAndKey) {
  const TempDirectory directory;
  std::string text = read_text(root() / "pr-334/submission.toml");
  const auto at = text.find(GetParam().replace);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, std::string(GetParam().replace).size(), GetParam().with);
  directory.file("pr-334/submission.toml", text);
  const Error e = error_of([&] { load_submission(directory.path() / "pr-334"); });
  EXPECT_EQ(e.kind(), ErrorKind::usage);
  EXPECT_THAT(e.what(), HasSubstr("submission.toml:"));
  EXPECT_THAT(e.what(), HasSubstr(GetParam().message));
  EXPECT_THAT(e.what(), testing::Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, BadSubmissionTest,
    testing::Values(
        BadCase{"syntax", "pr = 334", "pr = = 334", ":6: not valid TOML"},
        BadCase{"format", "pgolf.submission/1", "pgolf.submission/9", ":2: format: 'pgolf.submission/9' is not"},
        BadCase{"missing_key", "pr = 334\n", "", ":4: key 'submission.pr' is missing"},
        BadCase{"wrong_type", "pr = 334", "pr = \"334\"", ":6: submission.pr: expected an integer"},
        BadCase{"bad_id", "id = \"pr-334\"", "id = \"../x\"", ":5: submission.id: expected"},
        BadCase{"short_commit", "commit = \"0499c9a", "commit = \"", "upstream.commit: expected 40"},
        BadCase{"unknown_key", "[code]\n", "[code]\nlines = 1185\n", "unknown key 'code.lines'; known here: bytes"},
        BadCase{"unknown_table", "[code]\n", "[code]\nbytes = 1\ncounted = \"x\"\n[licence]\n",
                "unknown key 'licence'"},
        BadCase{"negative_bytes", "bytes = 49461", "bytes = -1", "code.bytes: must be 0.."},
        BadCase{"enormous_bytes", "bytes = 49461", "bytes = 9223372036854775807", "code.bytes: must be 0.."},
        BadCase{"escapes", "author = \"", "author = \"\\u001b[2J", "submission.author: holds a control character"},
        BadCase{"path", "source = \"train.log\"", "source = \"../../secret\"", "source: expected the name of a file"},
        BadCase{"no_seeds", "seeds = [1337]", "seeds = []", "submission.seeds: names no seed"},
        BadCase{"unknown_field", "rope_base = 50000.0", "rope_bass = 50000.0",
                "unknown key 'model.rope_bass'; did you mean 'model.rope_base'?"},
        BadCase{"field_type", "bigram_dim = 64", "bigram_dim = 64.5", "model.bigram_dim: expected integer, got 64.5"},
        BadCase{"choice", "smear = \"fixed\"", "smear = \"fuzzy\"",
                "model.smear: expected one of none, fixed, windowed"},
        BadCase{"infinite", "rope_base = 50000.0", "rope_base = inf", "model.rope_base: expected number"},
        BadCase{"date_value", "rope_base = 50000.0", "rope_base = 2026-03-21", "dates and times"},
        BadCase{"unquoted_loss", "val_bpb = \"1.2207\"", "val_bpb = 1.2207", "headline.val_bpb: expected a string"},
        BadCase{"loss_text", "val_bpb = \"1.2207\"", "val_bpb = \"about 1.2\"", "expected a printed number"},
        BadCase{"record_profile", "[profiles.demo]", "[profiles.record]\nsummary = \"x\"\n[profiles.demo]",
                "profile 'record'"},
        BadCase{"profile_key", "summary = \"4", "note = \"4", "key 'profiles.demo.summary' is missing"},
        BadCase{"bad_field_of_a_profile", "num_layers = 4", "num_layers = \"four\"",
                "model.num_layers: expected integer"}),
    [](const auto& test) { return test.param.name; });

TEST(SubmissionTest, MissingFile) {
  const TempDirectory directory;
  EXPECT_EQ(error_of([&] { load_submission(directory.path()); }).kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace pgolf
