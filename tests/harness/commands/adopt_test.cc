// `pgolf adopt`: a folder that others published becomes a submission that resolves at once.
#include "archive/python_functions.h"
#include "resolve/resolve.h"
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class AdoptVerbTest : public VerbTest {
 protected:
  static std::string script(const std::string& sum) {
    return "import os\nlr = float(os.environ.get('MATRIX_LR', 0.04))\n"
           "def a(x, y):\n    x = x." +
           sum + "(y + 1)\n    return x.mean(y)\ndef b(x, y):\n    x = y.max(x * 2)\n    return x.min(y)\n";
  }
  // A shipped submission, whose script is known.
  std::string shipped() const {
    directory_.file("shipped/pr-9/submission.toml",
                    "format = \"pgolf.submission/1\"\n[submission]\nid = \"pr-9\"\ntitle = \"nine\"\n"
                    "[config.muon]\nlr = 0.04\n");
    std::string table =
        "format = \"pgolf.variables/1\"\nscript_sha256 = \"\"\nignored = []\nfiles = []\noutside = []\n"
        "variables = [{ name = \"MATRIX_LR\", default = \"0.04\", field = \"muon.lr\" }]\nfunctions = [\n";
    for (const WholeFunction& f : whole_functions(script("sum"), 10))
      table += fmt::format("  \"{:08x} {:08x} {}\",\n", f.hash, f.exact_hash, f.name);
    directory_.file("shipped/pr-9/variables.toml", table + "]\n");
    return (directory_.path() / "shipped").string();
  }
  std::string published(const std::string& text) const {
    directory_.file("theirs/train_gpt.py", text);
    directory_.file("theirs/train.log",
                    "Hyperparameters:\n  matrix_lr: 0.02\nseed:42\nfinal val_loss:3.0 val_bpb:1.2\n");
    return (directory_.path() / "theirs").string();
  }
  CommandResult adopt(const std::string& folder, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"adopt", folder, "--submissions", shipped(), "--dir", directory_.path().string()});
    return pgolf(more);
  }
};

TEST_F(AdoptVerbTest, WritesAVariantThatResolvesAtOnce) {
  const CommandResult r = adopt(published(script("prod")), {"--name", "mine", "--json"});
  EXPECT_EQ(r.exit_code, 3) << r.err;  // one function is another
  const Json json = Json::parse(r.out);
  EXPECT_EQ(json["format"], "pgolf.adopted/1");
  EXPECT_EQ(json["extends"], "pr-9");
  EXPECT_EQ(json["functions"], (Json{{"equal", 1}, {"all", 2}}));
  EXPECT_EQ(json["config"][0]["where"], "train.log:2");
  ASSERT_EQ(json["not_expressed"].size(), 1u);
  EXPECT_EQ(json["not_expressed"][0]["where"], "train_gpt.py:3");
  const Submission made = load_submission(directory_.path() / "mine", shipped());
  EXPECT_EQ(resolve(made, {}).pinned.config.muon.lr, 0.02);
  EXPECT_EQ(made.claims.at(0).evals.at(0).val_bpb, "1.2");
  EXPECT_EQ(made.differences.at(0).claimed, "function: a");
  EXPECT_EQ(pgolf({"resolve", (directory_.path() / "mine").string(), "--submissions", shipped()}).exit_code, 0);
}

TEST_F(AdoptVerbTest, AllExpressedIsNoExitCode) {
  const CommandResult r = adopt(published(script("sum")));
  EXPECT_EQ(r.exit_code, 0) << r.err;
  EXPECT_THAT(r.out, AllOf(HasSubstr("2 of 2 functions and 1 of 1 variables are pr-9's"),
                           HasSubstr("set: muon.lr = 0.02 (MATRIX_LR 0.02, train.log:2)")));
  const CommandResult again = adopt(published(script("sum")));
  EXPECT_EQ(again.exit_code, 2);
  EXPECT_THAT(again.err, HasSubstr("adopted: is there already; choose another --name or --dir"));
}

TEST_F(AdoptVerbTest, RefusalsNameTheRemedyAndWriteNothing) {
  const std::string other = script("prod") + "def c(x, y):\n    x = y.abs(x * 3)\n    return x.any(y)\n";
  const CommandResult stranger = adopt(published(other));
  EXPECT_EQ(stranger.exit_code, 7);
  EXPECT_THAT(stranger.err, HasSubstr("1 of 3 functions and 1 of 1 variables are pr-9's"));
  EXPECT_FALSE(fs::exists(directory_.path() / "adopted"));
  const CommandResult unknown = adopt("1493");
  EXPECT_EQ(unknown.exit_code, 7);
  EXPECT_THAT(unknown.err, HasSubstr("pgolf archive add"));
  published(script("sum"));
  for (const char* name : {"pr-12", "a/../b", "No"}) {
    EXPECT_EQ(adopt((directory_.path() / "theirs").string(), {"--name", name}).exit_code, 2) << name;
    EXPECT_FALSE(fs::exists(directory_.path() / name));
  }
}

}  // namespace
}  // namespace pgolf
