// `pgolf withdraw`: a run goes out of what counts, for good, and everything says so.
#include <thread>

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

// Of several at once one withdraws it, with its reason; the others say so and add nothing to the chain.
// Attacks: withdrawn-twice-at-once
TEST_F(WithdrawTest, OfSeveralAtOnceOneCounts) {
  const std::string run = last();
  {
    Store one = Store::open(workspace().database()), two = Store::open(workspace().database());
    const ChainHead before = one.head();
    for (Store* of : {&one, &two}) EXPECT_TRUE(of->load_run(run).run.withdrawn_at.empty());  // both have looked
    one.withdraw(run, "the first");
    EXPECT_THAT(error_of([&] { two.withdraw(run, "the second"); }).what(), HasSubstr("already; that stays as it is"));
    EXPECT_EQ(two.load_run(run).run.withdrawn_reason, "the first");
    EXPECT_EQ(two.head().seals, before.seals + 1);
  }
  EXPECT_EQ(demo().exit_code, 0);
  const std::string next = last();
  const int64_t before = Store::open(workspace().database()).head().seals;
  std::vector<CommandResult> ends(6);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < ends.size(); ++i)
    threads.emplace_back([&, i] { ends[i] = pgolf({"withdraw", next, "--reason", std::to_string(i)}); });
  for (std::thread& thread : threads) thread.join();
  int withdrew = 0;
  for (size_t i = 0; i < ends.size(); ++i)
    if (ends[i].exit_code == 0) {
      ++withdrew;
      EXPECT_EQ(Store::open(workspace().database()).load_run(next).run.withdrawn_reason, std::to_string(i));
    } else {
      EXPECT_EQ(ends[i].exit_code, 2);
      EXPECT_THAT(ends[i].err, HasSubstr("already; that stays as it is"));
    }
  EXPECT_EQ(withdrew, 1);
  Store store = Store::open(workspace().database());
  EXPECT_EQ(store.head().seals, before + 1);
  store.check_integrity();
}

// Beside a judgement both are on record, whichever comes first.
TEST_F(WithdrawTest, BesideAJudgementBothAreOnRecord) {
  const std::string run = last();
  const int64_t before = Store::open(workspace().database()).head().seals;
  CommandResult judged, withdrawn;
  std::thread other([&] { judged = pgolf({"judge", run}); });
  withdrawn = pgolf({"withdraw", run});
  other.join();
  EXPECT_EQ(withdrawn.exit_code, 0) << withdrawn.err;
  EXPECT_THAT(judged.exit_code, testing::AnyOf(0, 1, 3)) << judged.err;
  Store store = Store::open(workspace().database());
  EXPECT_EQ(store.head().seals, before + 2);
  store.check_integrity();
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
