#include "judge/ruleset.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "harness/judging/find_ruleset.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

const char kRules[] = PGOLF_SOURCE_DIR "/rules/pg-2026-05-02.toml";

class RulesetTest : public ::testing::Test {
 protected:
  RulesetTest() { std::filesystem::create_directories(dir_); }
  ~RulesetTest() override { std::filesystem::remove_all(dir_); }

  // The shipped ruleset with one text replaced.
  std::string refusal(const std::string& from, const std::string& to) {
    auto text = read_text(kRules);
    const auto at = text.find(from);
    if (at == std::string::npos) return "not found: " + from;
    write_file_atomic(dir_ / "r.toml", text.replace(at, from.size(), to));
    try {
      load_ruleset(dir_ / "r.toml");
    } catch (const Error& e) {
      return e.what();
    }
    return "accepted";
  }

  std::filesystem::path dir_ = std::filesystem::temp_directory_path() / ("ruleset_test." + std::to_string(::getpid()));
};

TEST_F(RulesetTest, TheShippedOneLoads) {
  const auto rules = load_ruleset(kRules);
  EXPECT_EQ(rules.id, "pg-2026-05-02");
  EXPECT_EQ(rules.rules.size(), 32u);
  EXPECT_EQ(rules.sha256.size(), 64u);
  EXPECT_EQ(rules.rules.at(0).id, "artifact_size");
  EXPECT_EQ(rules.rules.at(0).strict.integer("limit_bytes"), 16'000'000);
  EXPECT_EQ(rules.rules.at(0).strict.text("code"), "shipped");
  EXPECT_EQ(rules.streams.at(0).bytes, 151'080'363);
}

TEST_F(RulesetTest, AShippedOneIsKnownByItsText) {
  const std::string text = read_text(kRules);
  EXPECT_FALSE(is_edited(parse_ruleset(text, "r.toml")));
  EXPECT_TRUE(is_edited(parse_ruleset(text + "\n", "r.toml")));
  std::string own = text;
  EXPECT_FALSE(is_edited(parse_ruleset(own.replace(own.find("pg-2026-05-02\""), 13, "mine"), "r.toml")));
}

TEST_F(RulesetTest, FindsByIdPathAndLatest) {
  const auto directory = std::filesystem::path(kRules).parent_path();
  EXPECT_EQ(find_ruleset(directory, "pg-2026-05-02"), kRules);
  EXPECT_EQ(find_ruleset(directory, kRules), kRules);
  EXPECT_EQ(load_ruleset(find_ruleset(directory, "")).id, "pg-2026-05-02");
  try {
    find_ruleset(directory, "nonsense");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::not_found);
    EXPECT_THAT(e.what(), HasSubstr("pg-2026-05-02"));
  }
}

TEST_F(RulesetTest, RefusesWithFileLineAndKey) {
  EXPECT_THAT(refusal("limit_bytes = 16000000", "limit_byte = 16000000"),
              HasSubstr("unknown key of rule 'artifact_size'"));
  EXPECT_THAT(refusal("limit_bytes = 16000000", "limit_bytes = \"16 MB\""),
              HasSubstr("limit_bytes: expected an integer"));
  EXPECT_THAT(refusal("limit_bytes = 16000000", "limit_bytes = -1"), HasSubstr("not negative"));
  EXPECT_THAT(refusal("limit_bytes = 16000000\n", ""), HasSubstr("rule 'artifact_size' needs it"));
  EXPECT_THAT(refusal("code = \"shipped\"", "code = \"guessed\""), HasSubstr("expected one of shipped, counted"));
  EXPECT_THAT(refusal("id = \"artifact_size\"", "id = \"beauty\""),
              HasSubstr("'beauty' is no rule that this program can judge"));
  EXPECT_THAT(refusal("id = \"size_adds_up\"", "id = \"artifact_identity\""), HasSubstr("is there twice"));
  EXPECT_THAT(refusal("pgolf.ruleset/1", "pgolf.ruleset/2"), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(refusal("since = \"2026-03-18\"", "since = \"2026-02-30\""), HasSubstr("'2026-02-30' is not a date"));
  EXPECT_THAT(refusal("tracks = [\"10min_16mb\"]", "tracks = [\"20min\"]"),
              HasSubstr("track '20min' is not in [tracks]"));
  EXPECT_THAT(refusal("subjects = [\"run\", \"claim\"]", "subjects = [\"runs\"]"),
              HasSubstr("expected run, claim or comparison"));
  EXPECT_THAT(refusal("[tracks]", "colour = 1\n[tracks]"), HasSubstr("unknown key 'colour'"));
  EXPECT_THAT(refusal("title = \"Parameter", "titel = \"Parameter"), HasSubstr("'title' is missing"));
  EXPECT_THAT(refusal("required = true", "required = 1"), HasSubstr("expected true or false"));
  EXPECT_THAT(refusal("[tracks]", "[tracks"), HasSubstr("not valid TOML"));
  EXPECT_THAT(refusal("limit_bytes = 16000000", "limit_byte = 16000000"), HasSubstr("r.toml:"));
  EXPECT_THAT(refusal("[[byte_errors]]", "[[byte_errors]]\ntokens_sha256 = \"a\""),
              HasSubstr("unknown key 'byte_errors.tokens_sha256'"));
}

TEST_F(RulesetTest, EveryReadingNamesItsSource) {
  EXPECT_THAT(refusal("citation = \"README, FAQ: the artifact is code", "note = \"README, FAQ: the artifact is code"),
              HasSubstr("unknown key"));
  for (const auto& rule : load_ruleset(kRules).rules)
    for (const auto which : {Reading::strict, Reading::practice})
      EXPECT_GT(rule.reading(which).citation.size(), 20u) << rule.id;
}

TEST(CheckDate, KnowsTheCalendar) {
  EXPECT_NO_THROW(check_date("2024-02-29", ""));
  for (const auto* text :
       {"2026-02-29", "2026-13-01", "2026-00-10", "26-01-01", "2026/01/01", "2026-1-1", "", "2026-01-0x"})
    EXPECT_THROW(check_date(text, ""), Error) << text;
}

}  // namespace
}  // namespace pgolf
