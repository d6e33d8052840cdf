// `pgolf new`: what it writes resolves, runs and is found by its name everywhere.
#include <gmock/gmock.h>

#include "base/json.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class NewTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments,
                       {"PGOLF_HOME=" + workspace().home.string(), "PGOLF_ENGINE=" + fake_engine().string()});
  }
  std::string where() const { return directory_.path().string(); }
};

TEST_F(NewTest, AVariantResolvesRunsAndIsComparedByItsName) {
  const CommandResult made = pgolf({"new", "mine", "--from", "334", "--dir", where(), "--json"});
  ASSERT_EQ(made.exit_code, 0) << made.err;
  const Json document = Json::parse(made.out);
  EXPECT_EQ(document["extends"], "pr-334");
  EXPECT_EQ(document["num_params"], 26666073);
  const std::string mine = document["directory"];
  EXPECT_THAT(pgolf({"resolve", mine}).out, HasSubstr("logit_softcap = 31.0"));
  const CommandResult run = pgolf({"reproduce", mine, "--profile", "demo", "--data", data().directory.string(), "-q",
                                   "--fail-on", "fail", "--json"});
  EXPECT_THAT(run.exit_code, testing::AnyOf(0, 1)) << run.err;
  const Json result = Json::parse(run.out);
  EXPECT_TRUE(result["pr"].is_null());
  EXPECT_EQ(result["submission"], "mine");
  EXPECT_THAT(result["run_id"].get<std::string>(), HasSubstr("-mine-demo-"));
  EXPECT_EQ(result["reproduction"]["outcome"], "nothing claimed");
  EXPECT_THAT(pgolf({"show", "last"}).out, Not(HasSubstr("reproduction of the claim")));
  EXPECT_EQ(pgolf({"compare", "mine", "mine@demo", "--mixed", "--no-page"}).exit_code, 3);  // by the record's own word
  EXPECT_EQ(pgolf({"report"}).exit_code, 0);
}

TEST_F(NewTest, OneThatStandsAloneResolvesInBothProfiles) {
  ASSERT_EQ(pgolf({"new", "own", "--dir", where()}).exit_code, 0);
  const std::string own = where() + "/own";
  for (const char* profile : {"record", "demo"})
    EXPECT_EQ(pgolf({"resolve", own, "--profile", profile}).exit_code, 0) << profile;
}

TEST_F(NewTest, WhatIsThereOrIsNoNameIsRefused) {
  ASSERT_EQ(pgolf({"new", "own", "--dir", where()}).exit_code, 0);
  for (const char* name : {"own", "pr-5", "334", "../x", "Mine", ""})
    EXPECT_EQ(pgolf({"new", name, "--dir", where()}).exit_code, 2) << name;
  EXPECT_EQ(pgolf({"new", "other", "--from", "335", "--dir", where()}).exit_code, 7);
}

}  // namespace
}  // namespace pgolf
