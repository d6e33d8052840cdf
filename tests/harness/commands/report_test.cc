// `pgolf report` beside a run that somebody edited.
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;
using testing::Not;

using ReportTest = RunVerbTest;

TEST_F(ReportTest, OneEditedRunKeepsNoOtherFromBeingJudgedAndDrawn) {
  const std::string edited = shown().at("run_id");
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const std::string other = shown().at("run_id");
  edit("UPDATE verdicts SET status = 'pass' WHERE judgement = 1 AND status <> 'pass'");
  const CommandResult judged = pgolf({"judge", "--all", "--json"});
  EXPECT_EQ(judged.exit_code, 8);
  const Json runs = Json::parse(judged.out).at("runs");
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_FALSE(runs.at(0).at("problem").is_null());
  EXPECT_TRUE(runs.at(1).at("problem").is_null());
  const CommandResult drawn = pgolf({"report"});
  EXPECT_EQ(drawn.exit_code, 8);
  EXPECT_THAT(drawn.err, HasSubstr("left out: "));
  const std::string page = read_text(workspace().home / "reports/index.html");
  EXPECT_THAT(page, HasSubstr(other));
  EXPECT_THAT(page, Not(HasSubstr(edited)));
  const Json index = Json::parse(read_text(workspace().home / "reports/index.json"));
  ASSERT_EQ(index.at("runs").size(), 1u);
  EXPECT_EQ(index.at("runs").at(0).at("run_id"), other);
}

}  // namespace
}  // namespace pgolf
