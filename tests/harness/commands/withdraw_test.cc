// `pgolf withdraw`: a run goes out of what counts, for good, and everything says so.
#include "harness/process/file_lock.h"
#include "tests/exploits/record_fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

using WithdrawTest = RecordExploit;

TEST_F(WithdrawTest, TakesARunOutOfListsBoardsAndComparisons) {
  const std::string run = last(), head = pgolf({"doctor", "--head"}).out;
  const CommandResult done = pgolf({"withdraw", "last", "--reason", "wrong\x1b[31m shards", "--json"});
  ASSERT_EQ(done.exit_code, 0) << done.err;
  EXPECT_EQ(Json::parse(done.out)["reason"], "wrong?[31m shards");
  const CommandResult listed = pgolf({"ls"});
  EXPECT_THAT(listed.out, AllOf(HasSubstr("withdrawn: " + run), Not(HasSubstr("done"))));
  const Json list = Json::parse(pgolf({"ls", "--json"}).out);
  EXPECT_EQ(list["runs"].size(), 0u);
  EXPECT_EQ(list["withdrawn"][0], run);
  EXPECT_EQ(list["strays"].size(), 0u);
  EXPECT_THAT(pgolf({"show", run}).out, HasSubstr("WITHDRAWN"));
  EXPECT_EQ(Json::parse(pgolf({"show", run, "--json"}).out)["withdrawn"]["reason"], "wrong?[31m shards");
  EXPECT_EQ(pgolf({"report"}).exit_code, 7);
  EXPECT_EQ(pgolf({"show", "last"}).exit_code, 7);
  for (const auto& verb :
       std::vector<std::vector<std::string>>{{"report", run}, {"compare", run, "claims:334", "--mixed"}}) {
    const CommandResult refused = pgolf(verb);
    EXPECT_EQ(refused.exit_code, 2) << verb.front();
    EXPECT_THAT(refused.err, HasSubstr("was withdrawn: wrong?[31m shards")) << verb.front();
  }
  EXPECT_NE(pgolf({"doctor", "--head"}).out, head);  // the chain has it
  EXPECT_THAT(pgolf({"doctor", "--expect-head", head}).out, HasSubstr("whole"));
}

// Attacks: withdrawal-undone
TEST_F(WithdrawTest, CannotBeUndoneSilently) {
  const std::string run = last();
  EXPECT_EQ(pgolf({"withdraw", run}).exit_code, 0);
  const CommandResult again = pgolf({"withdraw", run, "--reason", "another"});
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("already; that stays as it is"));
  edit("UPDATE runs SET withdrawn_at = NULL, withdrawn_reason = NULL");
  EXPECT_EQ(pgolf({"show", run}).exit_code, 8);
  EXPECT_THAT(pgolf({"doctor"}).out, HasSubstr("[FAIL] record"));
  EXPECT_THAT(pgolf({"report"}).err, HasSubstr("left out: "));
}

TEST_F(WithdrawTest, OnlyARunThatHasEnded) {
  const std::string id = abandoned();
  Store store = Store::open(workspace().database());
  std::filesystem::create_directories(workspace().run(id).root());
  const FileLock held = FileLock::try_lock(workspace().run(id).lock()).value();
  EXPECT_THAT(pgolf({"withdraw", id}).err, HasSubstr("it can be withdrawn when it has ended"));
  EXPECT_EQ(pgolf({"withdraw", "nothing"}).exit_code, 7);
  EXPECT_EQ(pgolf({"withdraw", last(), "--reason", std::string(501, 'x')}).exit_code, 2);
}

}  // namespace
}  // namespace pgolf
