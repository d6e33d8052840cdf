// `pgolf ls`, `tag`, `note`, `hide`, `show`: the record as people use it.
#include "harness/cli/run_list.h"

#include "tests/exploits/record_fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ListTest : public RecordExploit {
 protected:
  Json runs(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "ls");
    arguments.insert(arguments.end(), {"--json"});
    return Json::parse(pgolf(arguments).out)["runs"];
  }
};

TEST_F(ListTest, TagsNotesAndHidingAreNoEvidenceAndFindRuns) {
  const std::string run = last(), head = pgolf({"doctor", "--head"}).out;
  EXPECT_EQ(pgolf({"tag", "last", "paper", "baseline", "paper"}).exit_code, 0);
  EXPECT_EQ(pgolf({"note", "last", "looks\x1b[31m fine"}).exit_code, 0);
  EXPECT_THAT(runs({"baseline"})[0]["tags"], ElementsAre("baseline", "paper"));
  EXPECT_EQ(runs({})[0]["note"], "looks?[31m fine");
  EXPECT_EQ(pgolf({"tag", "last", "--remove", "paper"}).exit_code, 0);
  EXPECT_EQ(pgolf({"ls", "paper"}).exit_code, 2);
  EXPECT_EQ(pgolf({"hide", run}).exit_code, 0);
  EXPECT_EQ(runs({}).size(), 0u);
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("0 of 1 runs shown"));
  EXPECT_EQ(runs({"--all"}).size(), 1u);
  EXPECT_EQ(pgolf({"show", run}).exit_code, 0);  // it is there all the same
  EXPECT_EQ(pgolf({"hide", run, "--undo"}).exit_code, 0);
  EXPECT_EQ(runs({}).size(), 1u);
  EXPECT_EQ(pgolf({"doctor", "--head"}).out, head);  // no seal is about it
  EXPECT_EQ(pgolf({"tag", "last", "Two Words"}).exit_code, 2);
  EXPECT_EQ(pgolf({"note", "last", std::string(501, 'x')}).exit_code, 2);
}

TEST_F(ListTest, ShowsWhatMakesAVariantAndFiltersByIt) {
  EXPECT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q", "--set", "model.smear=none"}).exit_code, 0);
  EXPECT_THAT(runs({})[1]["overrides"], ElementsAre("model.smear=\"none\""));
  EXPECT_THAT(pgolf({"ls"}).out, HasSubstr("model.smear=none"));
  EXPECT_EQ(runs({"--variant", "smear=none"}).size(), 1u);
  EXPECT_EQ(runs({"334", "demo", "done"}).size(), 2u);
  EXPECT_EQ(runs({"--limit", "1"})[0]["run_id"], last());
  const CommandResult compared = pgolf({"compare", "334@demo+model.smear=none", "334@demo", "--no-page"});
  EXPECT_THAT(compared.err, HasSubstr("are the same computations"));  // this engine makes one artifact of both
  const CommandResult columns = pgolf({"ls", "--columns", "seed,val_bpb", "--sort", "-seed"});
  EXPECT_THAT(columns.out, StartsWith("SEED  VAL_BPB\n"));
  EXPECT_THAT(pgolf({"ls", "--columns", "sead"}).err, HasSubstr("did you mean 'seed'?"));
}

TEST_F(ListTest, ShowBeginsWithTheOutcome) {
  const std::string out = pgolf({"show", "last"}).out;
  EXPECT_THAT(out.substr(out.find('\n') + 1), StartsWith("  outcome     strict "));
}

TEST_F(ListTest, AWrongHomeIsNamed) {
  EXPECT_THAT(pgolf({"ls"}, directory_.path() / "no/such").out, HasSubstr("no/such, which is not there"));
  const CommandResult file = pgolf({"ls"}, "/etc/passwd");
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_THAT(file.err, HasSubstr("/etc/passwd: is no directory"));
}

TEST(RunFilterTest, SortsByColumnsAndCutsAfterwards) {
  std::vector<RunSummary> runs(3);
  for (size_t i = 0; i < runs.size(); ++i) runs[i].id = std::string(1, static_cast<char>('a' + i));
  runs[0].val_bpb = 2, runs[1].val_bpb = 1;  // the third has none
  const auto ids = [&](const RunFilter& filter) {
    std::string out;
    for (const RunSummary& run : filtered(runs, filter)) out += run.id;
    return out;
  };
  EXPECT_EQ(ids({}), "abc");
  EXPECT_EQ(ids({.words = {}, .variant = "", .sort = "-created"}), "cba");
  EXPECT_EQ(ids({.words = {}, .variant = "", .sort = "val_bpb"}), "bac");
  EXPECT_EQ(ids({.words = {}, .variant = "", .sort = "val_bpb", .limit = 1}), "b");
  EXPECT_EQ(ids({.words = {}, .variant = "", .limit = 2}), "bc");
}

}  // namespace
}  // namespace pgolf
