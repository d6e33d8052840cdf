// Words that a command line got wrong, colour, and errors as JSON.
#include <gmock/gmock.h>

#include "base/json.h"
#include "base/similar.h"
#include "harness/cli/colour.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

class WordsTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, {"PGOLF_HOME=" + workspace().home.string()});
  }
};

TEST_F(WordsTest, VerbsAndOptionsThatWereMeantAreNamed) {
  EXPECT_THAT(pgolf({"repoduce"}).err, HasSubstr("unknown verb 'repoduce'; did you mean 'reproduce'?"));
  EXPECT_THAT(pgolf({"resolve", "334", "--profil", "demo"}).err, HasSubstr("did you mean '--profile'?"));
  EXPECT_THAT(pgolf({"--hom", "x", "ls"}).err, HasSubstr("--hom"));
  EXPECT_THAT(pgolf({}).err, HasSubstr("a verb is required: demo, new, adopt, reproduce"));
  EXPECT_THAT(pgolf({"data"}).err, HasSubstr("data: a verb is required: prepare, adopt, twin, verify"));
  EXPECT_EQ(pgolf({"help", "ls"}).out, pgolf({"ls", "--help"}).out);
  EXPECT_THAT(pgolf({"ls", "--help"}).out, HasSubstr("--home"));
}

TEST_F(WordsTest, ErrorsAreDocumentsWhereDocumentsAreAskedFor) {
  for (const auto& [arguments, code] : {std::pair(std::vector<std::string>{"resolve", "335", "--json"}, 7),
                                        {std::vector<std::string>{"fly", "--json"}, 2}}) {
    const CommandResult r = pgolf(arguments);
    EXPECT_EQ(r.exit_code, code);
    const Json document = Json::parse(r.out, nullptr, false);
    EXPECT_EQ(document["format"], "pgolf.error/1");
    EXPECT_EQ(document["exit_code"], code);
    EXPECT_EQ("pgolf: " + document["message"].get<std::string>() + "\n", r.err);
  }
}

TEST(ColourTest, OnlyWholeWordsThatSayHowSomethingEnded) {
  EXPECT_EQ(with_colour("pass fail"), "\033[32mpass\033[0m \033[31mfail\033[0m");
  EXPECT_EQ(with_colour("passes, fail_on, by-pass"), "passes, fail_on, by-pass");
}

TEST(SimilarTest, ACloseWordOrNone) {
  EXPECT_EQ(most_similar("modl.smear", {"model.smear", "model.skips"}), "model.smear");
  EXPECT_EQ(most_similar("fly", {"ls", "show"}), "");
  EXPECT_EQ(did_you_mean("x", {}), "");
  EXPECT_EQ(most_similar(std::string(100'000, 'x'), {"ls"}), "");
}

}  // namespace
}  // namespace pgolf
