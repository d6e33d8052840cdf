// `pgolf compare`: exit codes and pages.
#include <algorithm>

#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using CompareVerbTest = VerbTest;

TEST_F(CompareVerbTest, ComparingExitsByWhatIsShown) {
  // The same values under another name, without the lines of its logs: a side beside itself is refused.
  std::string text = read_text(source_dir() / "submissions/pr-754/submission.toml");
  text.replace(text.find("id = \"pr-754\""), 13, "id = \"mine\"");
  const std::string mine = "claims:" + directory_.file("mine/submission.toml", text).parent_path().string();
  const Json shown = Json::parse(pgolf({"compare", "claims:754", mine, "--json", "--no-page"}).out);
  EXPECT_EQ(shown.at("outcome"), "equal");
  EXPECT_EQ(pgolf({"compare", "claims:754", mine, "--no-page", "--expect", "equal"}).exit_code, 0);
  EXPECT_EQ(pgolf({"compare", "claims:754", mine, "--no-page"}).exit_code, 1);
  const CommandResult itself = pgolf({"compare", "claims:754", "claims:pr-754", "--no-page", "--expect", "equal"});
  EXPECT_EQ(itself.exit_code, 2);
  EXPECT_EQ(itself.err,
            "pgolf: claims of pr-754 and claims of pr-754 are the same computations; a comparison takes other seeds or "
            "configurations\n");
  EXPECT_EQ(pgolf({"compare", "claims:334", "claims:754", "--no-page", "--mixed"}).exit_code, 3);  // one log
  EXPECT_EQ(pgolf({"compare", "claims:334", "claims:2097", "--no-page"}).exit_code, 2);
  EXPECT_EQ(pgolf({"compare", "last", "claims:754"}).exit_code, 7);
  const CommandResult page = pgolf({"compare", mine, "claims:754", "--out", directory_.path().string()});
  EXPECT_THAT(page.out, HasSubstr("-claims_754.html"));
  for (const char* end : {".html", ".md", ".json", ".csv"})
    EXPECT_TRUE(std::any_of(fs::directory_iterator(directory_.path()), fs::directory_iterator(),
                            [&](const auto& entry) {
                              const std::string name = entry.path().filename().string();
                              return name.starts_with("compare-claims") && name.ends_with(end);
                            }))
        << end;
}

}  // namespace
}  // namespace pgolf
