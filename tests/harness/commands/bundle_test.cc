// `pgolf bundle`: a run from home to home.
#include "tests/harness/bundle/keys.h"
#include "tests/harness/commands/verb_fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

using BundleVerbTest = VerbTest;

TEST_F(BundleVerbTest, ABundleGoesFromHomeToHome) {
  ASSERT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const std::string file = (directory_.path() / "run.tar.zst").string();
  const std::vector<std::string> elsewhere = {"--home", (directory_.path() / "elsewhere").string()};
  const auto in = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), elsewhere.begin(), elsewhere.end());
    return pgolf(arguments);
  };
  const Json exported = Json::parse(pgolf({"bundle", "export", "last", "-o", file, "--json"}).out);
  EXPECT_EQ(exported.at("format"), "pgolf.exported/1");
  EXPECT_EQ(pgolf({"bundle", "export", "last", "-o", file}).exit_code, 0);  // the same bytes
  const CommandResult taken = in({"bundle", "import", file, "--json"});
  EXPECT_THAT(taken.exit_code, testing::AnyOf(0, 1, 3)) << taken.err;
  const Json run = Json::parse(taken.out);
  EXPECT_EQ(run.at("new_run"), true);
  EXPECT_EQ(run.at("imported").at("bundle_sha256"), exported.at("sha256"));
  EXPECT_EQ(Json::parse(in({"bundle", "import", file, "--json"}).out).at("new_run"), false);
  EXPECT_EQ(Json::parse(in({"ls", "--json"}).out).at("runs").at(0).at("imported"), true);
  EXPECT_EQ(in({"eval", "last"}).exit_code, 2);

  const std::string garbage = directory_.file("garbage", "no bundle").string();
  const std::string nowhere = (directory_.path() / "nowhere").string();
  EXPECT_EQ(pgolf({"--home", nowhere, "bundle", "import", garbage}).exit_code, 4);
  EXPECT_FALSE(fs::exists(nowhere));
  EXPECT_EQ(pgolf({"bundle", "import", "/dev/zero"}).exit_code, 2);
  EXPECT_EQ(pgolf({"bundle", "import", "/nowhere"}).exit_code, 7);
  EXPECT_EQ(pgolf({"bundle", "export", "last", "-o", garbage}).exit_code, 2);  // another file is there
  EXPECT_EQ(read_text(garbage), "no bundle");
}

// Whoever names a key wants it used: a variable that is unset, a file that is empty or holds none, check nothing.
// Attacks: key-that-is-none
TEST_F(BundleVerbTest, AKeyThatIsNoneIsRefused) {
  ASSERT_EQ(pgolf({"demo", "--data", data().directory.string(), "-q"}).exit_code, 0);
  const std::string file = (directory_.path() / "run.tar.zst").string(), empty = directory_.file("empty", "").string(),
                    secret = directory_.file("secret", private_pem()).string(),
                    pub = directory_.file("public", public_pem()).string(),
                    other = directory_.file("other", other_public_pem()).string(),
                    blank = directory_.file("blank", "\n").string();
  const std::string home = (directory_.path() / "elsewhere").string();
  const auto take = [&](const std::string& key) {
    return pgolf({"--home", home, "bundle", "import", file, "--key", key});
  };
  ASSERT_EQ(pgolf({"bundle", "export", "last", "-o", file, "--key", secret}).exit_code, 0);
  for (const auto& [key, why] : std::map<std::string, std::string>{{empty, empty + ": is empty, and no key"},
                                                                   {blank, blank + ": no Ed25519 key as PEM"},
                                                                   {"", "--key: names no file"}}) {
    for (const CommandResult& refused :
         {take(key), pgolf({"bundle", "export", "last", "-o", file + "2", "--key", key})}) {
      EXPECT_EQ(refused.exit_code, 2) << key;
      EXPECT_THAT(refused.err, testing::HasSubstr(why));
    }
  }
  EXPECT_EQ(take(other).exit_code, 4);
  EXPECT_FALSE(fs::exists(home));
  EXPECT_FALSE(fs::exists(file + "2"));
  const CommandResult taken = take(pub);  // the control
  EXPECT_THAT(taken.out, testing::HasSubstr("is signed by the key that was named")) << taken.err;
}

}  // namespace
}  // namespace pgolf
