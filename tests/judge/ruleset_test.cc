#include "judge/ruleset.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"
#include "harness/judging/find_ruleset.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;

const char kShipped[] = PGOLF_SOURCE_DIR "/rules/pg-2026-05-02.3.toml";

class RulesetTest : public ::testing::Test {
 protected:
  RulesetTest() { std::filesystem::create_directories(dir_); }
  ~RulesetTest() override { std::filesystem::remove_all(dir_); }

  // The shipped ruleset with one text replaced.
  std::string refusal(const std::string& from, const std::string& to) {
    auto text = read_text(kShipped);
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
  const auto rules = load_ruleset(kShipped);
  EXPECT_EQ(rules.id, "pg-2026-05-02.3");
  EXPECT_EQ(rules.rules.size(), 34u);
  EXPECT_EQ(rules.sha256.size(), 64u);
  EXPECT_EQ(rules.rules.at(0).id, "artifact_size");
  EXPECT_EQ(rules.rules.at(0).strict.integer("limit_bytes"), 16'000'000);
  EXPECT_EQ(rules.rules.at(0).strict.text("code"), "shipped");
  EXPECT_EQ(rules.streams.at(0).bytes, 151'080'363);
}

// Its own rules come first, then what pgolf asks of evidence; each says whose it is.
TEST_F(RulesetTest, IsReadWithTheEvidenceRulesThatItNames) {
  const Ruleset rules = load_ruleset(kShipped), alone = parse_ruleset(read_text(kShipped), kShipped);
  ASSERT_TRUE(rules.evidence);
  EXPECT_EQ(rules.evidence->id, "pgolf-evidence-2");
  EXPECT_EQ(alone.rules.size(), 21u);
  EXPECT_EQ(alone.rule("ledger_intact"), nullptr);
  for (size_t i = 0; i < rules.rules.size(); ++i)
    EXPECT_EQ(rules.rules[i].author, i < alone.rules.size() ? "challenge" : "pgolf") << rules.rules[i].id;
  EXPECT_NE(rules.rule("ledger_intact"), nullptr);
}

TEST_F(RulesetTest, RefusesOtherEvidenceRulesThanItNames) {
  const auto evidence = dir_ / "mine-1.toml";
  const auto loaded = [&](const std::string& text, const std::string& named) {
    write_file_atomic(evidence, text);
    return refusal(R"(id = "pgolf-evidence-2"
sha256 = ")" + load_ruleset(kShipped).evidence->sha256,
                   "id = \"mine-1\"\nsha256 = \"" + named);
  };
  std::string text = read_text(std::filesystem::path(kShipped).parent_path() / "pgolf-evidence-2.toml");
  EXPECT_EQ(loaded(text, sha256_hex(text)), "accepted");
  EXPECT_THAT(loaded(text + "\n", sha256_hex(text)), HasSubstr("mine-1.toml: not the text that the ruleset names"));
  EXPECT_THAT(loaded(text, "ff"), HasSubstr("expected 64 hexadecimal digits"));
  std::string challenge = text;
  challenge.replace(challenge.find("\"pgolf\""), 7, "\"challenge\"");
  EXPECT_THAT(loaded(challenge, sha256_hex(challenge)), HasSubstr("its author is not 'pgolf'"));
  std::string twice = text;
  twice.replace(twice.find("id = \"ledger_intact\""), 20, "id = \"causal\"");
  twice.replace(twice.find("citation", twice.find("id = \"causal\"")), 0, "min_samples = 1\n");
  const size_t practice = twice.find("[rules.practice]", twice.find("id = \"causal\""));
  twice.replace(twice.find("citation", practice), 0, "min_samples = 1\n");
  EXPECT_THAT(loaded(twice, sha256_hex(twice)), HasSubstr("rule 'causal' is in pg-2026-05-02.3 too"));
  std::filesystem::remove(evidence);
  EXPECT_THAT(refusal("id = \"pgolf-evidence-2\"", "id = \"gone\""), HasSubstr("gone.toml: no such file"));
}

// What older pgolf wrote still judges: its rules say nobody's name.
TEST_F(RulesetTest, ReadsTheFirstFormat) {
  std::string text = read_text(kShipped);
  text.replace(text.find("/2"), 2, "/1");
  text.erase(text.find("author ="), text.find("[tracks]") - text.find("author ="));
  write_file_atomic(dir_ / "old.toml", text);
  const Ruleset old = load_ruleset(dir_ / "old.toml");
  EXPECT_FALSE(old.evidence);
  EXPECT_EQ(old.rules.size(), 21u);
  EXPECT_EQ(old.rules.front().author, "");
}

TEST_F(RulesetTest, AShippedOneIsKnownByItsText) {
  const std::string text = read_text(kShipped);
  EXPECT_FALSE(is_edited(parse_ruleset(text, "r.toml")));
  EXPECT_TRUE(is_edited(parse_ruleset(text + "\n", "r.toml")));
  std::string own = text;
  EXPECT_FALSE(is_edited(parse_ruleset(own.replace(own.find("pg-2026-05-02.3\""), 15, "mine"), "r.toml")));
}

TEST_F(RulesetTest, FindsByIdPathAndLatest) {
  const auto directory = std::filesystem::path(kShipped).parent_path();
  EXPECT_EQ(find_ruleset(directory, "pg-2026-05-02.3"), kShipped);
  EXPECT_EQ(find_ruleset(directory, kShipped), kShipped);
  EXPECT_EQ(load_ruleset(find_ruleset(directory, "")).id, "pg-2026-05-02.3");
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
  EXPECT_THAT(refusal("id = \"one_script\"", "id = \"code_in_one_file\""), HasSubstr("is there twice"));
  EXPECT_THAT(refusal("id = \"one_script\"", "id = \"ledger_intact\""),
              HasSubstr("'ledger_intact' measures nothing of a claim"));
  EXPECT_THAT(refusal("pgolf.ruleset/2", "pgolf.ruleset/3"), HasSubstr("use a newer pgolf"));
  EXPECT_THAT(refusal("author = \"challenge\"", "author = \"me\""), HasSubstr("expected challenge or pgolf"));
  EXPECT_THAT(refusal("[evidence]", "[evidence]\nlevel = 1"), HasSubstr("unknown key 'evidence.level'"));
  EXPECT_THAT(refusal("since = \"2026-03-18\"", "since = \"2026-02-30\""), HasSubstr("'2026-02-30' is not a date"));
  EXPECT_THAT(refusal("tracks = [\"10min_16mb\"]", "tracks = [\"20min\"]"),
              HasSubstr("track '20min' is not in [tracks]"));
  EXPECT_THAT(refusal("subjects = [\"run\", \"claim\"]", "subjects = [\"runs\"]"),
              HasSubstr("expected run, claim or comparison"));
  EXPECT_THAT(refusal("title = \"Parameter", "colour = 1\ntitle = \"Parameter"), HasSubstr("unknown key 'colour'"));
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
  for (const auto& rule : load_ruleset(kShipped).rules)
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
