// `pgolf compare`: exit codes and pages.
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using CompareVerbTest = VerbTest;

TEST_F(CompareVerbTest, ComparingExitsByWhatIsShown) {
  const Json shown = Json::parse(pgolf({"compare", "claims:754", "claims:754", "--json", "--no-page"}).out);
  EXPECT_EQ(shown.at("outcome"), "equal");
  EXPECT_EQ(pgolf({"compare", "claims:754", "claims:754", "--no-page", "--expect", "equal"}).exit_code, 0);
  EXPECT_EQ(pgolf({"compare", "claims:754", "claims:754", "--no-page"}).exit_code, 1);
  EXPECT_EQ(pgolf({"compare", "claims:334", "claims:754", "--no-page", "--mixed"}).exit_code, 3);  // one log
  EXPECT_EQ(pgolf({"compare", "claims:334", "claims:2097", "--no-page"}).exit_code, 2);
  EXPECT_EQ(pgolf({"compare", "last", "claims:754"}).exit_code, 7);
  const CommandResult page = pgolf({"compare", "claims:754", "claims:754", "--out", directory_.path().string()});
  EXPECT_THAT(page.out, HasSubstr("compare-claims_754-claims_754.html"));
  for (const char* end : {".html", ".md", ".json", ".csv"})
    EXPECT_TRUE(fs::exists(directory_.path() / ("compare-claims_754-claims_754" + std::string(end)))) << end;
}

}  // namespace
}  // namespace pgolf
