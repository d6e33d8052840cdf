// `pgolf reproduce` and `demo`: exit codes.
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

using testing::IsEmpty;

using ReproduceTest = VerbTest;

TEST_F(ReproduceTest, ReproduceExitsByVerdictAndDemoWhenDone) {
  const CommandResult r =
      pgolf({"reproduce", "334", "--profile", "demo", "--data", data().directory.string(), "--json"});
  const Json run = Json::parse(r.out);  // exactly one document
  EXPECT_EQ(run.at("state"), "done");
  EXPECT_GT(run.at("verdicts").size(), 5u);
  for (const Json& v : run.at("verdicts"))
    for (const char* key : {"rule", "reading", "status", "observed", "limit"}) EXPECT_TRUE(v.contains(key)) << key;
  const bool failed = std::any_of(run.at("verdicts").begin(), run.at("verdicts").end(), [](const Json& v) {
    return v.at("reading") == "strict" && v.at("status") == "fail" && v.at("counts") == true;
  });
  EXPECT_EQ(r.exit_code, failed ? 1 : r.exit_code == 3 ? 3 : 0) << r.err;

  std::vector<std::string> demo = {"demo", "--data", data().directory.string(), "--json", "-q"};
  const CommandResult d = pgolf(demo);
  EXPECT_EQ(d.exit_code, 0);
  EXPECT_THAT(d.err, IsEmpty());
  const Json list = Json::parse(pgolf({"ls", "--json"}).out);
  EXPECT_EQ(list.at("runs").size(), 2u);
  EXPECT_EQ(Json::parse(pgolf({"show", "last", "--json"}).out).at("run_id"), list.at("runs").at(1).at("run_id"));
}

}  // namespace
}  // namespace pgolf
