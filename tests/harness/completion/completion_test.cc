// The scripts are run by their shells, where those are installed.
#include "harness/completion/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::SizeIs;

class CompletionTest : public HarnessFixture {
 protected:
  CommandResult pgolf(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), pgolf_program().string());
    return run_command(arguments, {"PGOLF_HOME=" + workspace().home.string()});
  }
  std::filesystem::path script(const std::string& shell) const {
    return directory_.file("completion." + shell, pgolf({"completion", shell}).out);
  }
  // What bash offers for the last of `words`; the first is the program.
  std::vector<std::string> offered(std::vector<std::string> words) const {
    words.insert(words.begin(), pgolf_program().string());
    std::string line = "source '" + script("bash").string() + "'; COMP_WORDS=(";
    for (const std::string& word : words) line += " '" + word + "'";
    line += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _pgolf; printf '%s\\n' \"${COMPREPLY[@]}\"";
    const CommandResult r =
        run_command({"/bin/bash", "--norc", "-u", "-c", line}, {"PGOLF_HOME=" + workspace().home.string()});
    EXPECT_EQ(r.exit_code, 0) << r.err;
    EXPECT_THAT(r.err, IsEmpty());
    std::vector<std::string> out;
    for (size_t at = 0; at < r.out.size();) {
      const size_t end = r.out.find('\n', at);
      if (end > at) out.push_back(r.out.substr(at, end - at));
      at = end + 1;
    }
    return out;
  }
  void record_run(const std::string& id) const {
    Store store = Store::open(workspace().database());
    store.transact([&] {
      store.put_submission({.id = "pr-334",
                            .title = "t",
                            .author = "a",
                            .track = "x",
                            .upstream_commit = "c",
                            .pr = 334,
                            .code_bytes = 1,
                            .document = "{}"});
      store.put_pinned({"p", "pr-334", "demo", false, 1, 1, "{}"});
      RunRow run;
      run.id = id, run.pinned = "p", run.directory = id, run.command = "[]";
      store.create_run(run);
    });
  }
};

TEST_F(CompletionTest, BashOffersVerbs) {
  EXPECT_THAT(offered({""}), IsSupersetOf({"demo", "reproduce", "pack", "eval", "ls", "show", "judge", "check", "diff",
                                           "doctor", "bench", "completion", "data", "report", "resolve"}));
  EXPECT_THAT(offered({"rep"}), testing::UnorderedElementsAre("report", "reproduce"));
  EXPECT_THAT(offered({"data", ""}), testing::UnorderedElementsAre("adopt", "prepare", "twin", "verify"));
  EXPECT_THAT(offered({"-q", "completion", "z"}), ElementsAre("zsh"));
}

TEST_F(CompletionTest, BashOffersOptionsAndTheirChoices) {
  EXPECT_THAT(offered({"reproduce", "334", "--re"}), testing::UnorderedElementsAre("--replay", "--reading"));
  EXPECT_THAT(offered({"reproduce", "--reading", ""}), testing::UnorderedElementsAre("strict", "practice"));
  EXPECT_THAT(offered({"ls", "--pro"}), ElementsAre("--progress"));  // a global option, after the verb
  EXPECT_THAT(offered({"ls", "--progress", "p"}), ElementsAre("plain"));
  EXPECT_THAT(offered({"demo", "--profile", ""}), IsSupersetOf({"demo", "record"}));
  EXPECT_THAT(offered({"demo", "--steps", ""}), IsEmpty());
  EXPECT_THAT(offered({"resolve", "--home", (source_dir() / "sub").string()}),
              ElementsAre((source_dir() / "submissions").string()));
}

TEST_F(CompletionTest, BashOffersWhatTheWorkspaceHas) {
  EXPECT_THAT(offered({"reproduce", ""}), IsSupersetOf({"334", "754", "849", "2143", "2097"}));
  EXPECT_THAT(offered({"reproduce", "--seed", "3", "33"}), ElementsAre("334"));  // 3 is the option's
  EXPECT_THAT(offered({"show", ""}), ElementsAre("last"));
  record_run("20260101-000000-334-demo-abcd");
  EXPECT_THAT(offered({"show", "2026"}), ElementsAre("20260101-000000-334-demo-abcd"));
  EXPECT_THAT(offered({"diff", "last", "2026"}), SizeIs(1));
  EXPECT_THAT(offered({"reproduce", "334", "--replay", "2026"}), SizeIs(1));
  EXPECT_THAT(offered({"show", "--home", (directory_.path() / "elsewhere").string(), ""}), ElementsAre("last"));
  EXPECT_THAT(offered({"judge", "last", "--rules", "pg"}), Not(IsEmpty()));
  EXPECT_THAT(pgolf({"completion", "list", "subjects"}).out, AllOf(HasSubstr("334\n"), HasSubstr("20260101-")));
}

TEST_F(CompletionTest, ScriptsAreReadByTheirShells) {
  for (const auto& [shell, program] :
       {std::pair("bash", "/bin/bash"), {"zsh", "/usr/bin/zsh"}, {"fish", "/usr/bin/fish"}}) {
    const CommandResult printed = pgolf({"completion", shell});
    EXPECT_EQ(printed.exit_code, 0);
    EXPECT_THAT(printed.out, AllOf(HasSubstr("reproduce"), HasSubstr("replay")));
    if (!std::filesystem::exists(program)) continue;
    const CommandResult r = run_command({program, "-n", script(shell).string()});
    EXPECT_EQ(r.exit_code, 0) << shell << ": " << r.err;
  }
  EXPECT_EQ(pgolf({"completion", "tcsh"}).exit_code, 2);
}

}  // namespace
}  // namespace pgolf
