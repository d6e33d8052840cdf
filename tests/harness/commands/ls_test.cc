// `pgolf ls` beside a run that somebody edited.
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

using LsTest = RunVerbTest;

// A run that is made to look unfinished is no way to have it sealed anew.
TEST_F(LsTest, AnEndedRunIsNotTakenForALostOne) {
  for (const char* state : {"training", "evaluating", "judging"}) {
    edit(std::string("UPDATE runs SET state = '") + state + "'");
    edit("UPDATE metrics SET value = 1.0 WHERE name = 'val_bpb'");
    EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("lost !"));
    EXPECT_EQ(pgolf({"show", "last"}).exit_code, 8) << state;
    const CommandResult judged = pgolf({"judge", "last"});
    EXPECT_EQ(judged.exit_code, 8) << state;
    EXPECT_THAT(judged.err, HasSubstr("cannot be marked lost")) << state;
    EXPECT_THAT(pgolf({"doctor"}).out, HasSubstr("[FAIL] record")) << state;
  }
  edit("UPDATE runs SET state = 'done'; UPDATE metrics SET value = 1.25 WHERE name = 'val_bpb'");
  EXPECT_EQ(pgolf({"show", "last"}).exit_code, 0);
}

TEST_F(LsTest, ABrokenUnfinishedRunKeepsNoOtherFromBeingRead) {
  edit("PRAGMA foreign_keys = OFF; UPDATE runs SET state = 'training', pinned = 'nowhere'");
  const CommandResult listed = pgolf({"ls"});
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_EQ(pgolf({"show", "last"}).exit_code, 8);
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
}

}  // namespace
}  // namespace pgolf
