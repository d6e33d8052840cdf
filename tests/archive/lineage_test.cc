#include "archive/lineage.h"

#include <gmock/gmock.h>

#include "archive/mentions.h"
#include "base/error.h"
#include "tests/archive/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr char kTrack[] = "records/track_10min_16mb/";

// A function of some fifty tokens that no other number has.
std::string function(const std::string& name, int n) {
  std::string out = "def " + name + "(x, y):\n";
  for (int i = 0; i < 6; ++i) out += "    x = y.at_" + std::to_string(n) + "_" + std::to_string(i) + "(x + 1)\n";
  return out;
}

TEST(ScriptCode, SettingsAreReadInEverySpelling) {
  const ScriptCode code = script_code(
      "import os\n"
      "def _e(key, default, t=str):\n    v = os.environ.get(key, default)\n    return t(v)\n"
      "flag = lambda k, d: bool(int(os.getenv(k, d)))\n"
      "class H:\n    lr = float(os.environ.get('MATRIX_LR', 0.022)); seed = int(os.environ.get(\"SEED\", \"1337\"))\n"
      "    layers = _e('NUM_LAYERS', 2 * (3 + 4), int)\n    tied = flag('TIED', '1')\n"
      "    path = os.getenv('DATA_PATH')\n    lr = _e('MATRIX_LR', 9)\n    other = get('NOT_ONE', 3)\n"
      "    join = os.environ.get('D', os.path.join('a,b', 'c'))\n");
  std::vector<std::string> seen;
  for (const CodeSetting& s : code.settings) seen.push_back(fmt::format("{}:{}={}", s.line, s.name, s.value));
  EXPECT_THAT(seen, ElementsAre("7:MATRIX_LR=0.022", "7:SEED=1337", "8:NUM_LAYERS=2 * (3 + 4)", "9:TIED=1",
                                "10:DATA_PATH=", "13:D=os.path.join('a,b', 'c')"));
}

TEST(ScriptCode, FormatNamesAndCommentsDoNotChangeAFunction) {
  const auto hash = [](const char* text) { return script_code(text).functions.at(0).hash; };
  const uint32_t plain = hash("def f(a):\n    b = a.sum(1)\n    return b * 2 + a.mean(0)\n");
  EXPECT_EQ(hash("def g( z ):\r\n        # why\r\n        y=z.sum( 1 )\r\n        return y*2+z.mean(0)\r\n"), plain);
  EXPECT_NE(hash("def f(a):\n    b = a.sum(1)\n    return b * 3 + a.mean(0)\n"), plain);
}

TEST(ScriptCode, IsKeptAsTextAndRefusedIfDamaged) {
  const std::string text = function("first", 1) + function("second", 2) + "x = os.environ.get('A', 'b c')\n";
  const std::string packed = pack_code(script_code(text));
  EXPECT_EQ(pack_code(unpack_code(packed)), packed);
  EXPECT_THAT(packed, HasSubstr("s 15 A b c\n"));
  for (const char* bad : {"f zz 1 n\n", "f 00 x n\n", "q 1 2 3\n", "f 00000001 5 n", "f\n"})
    EXPECT_THROW(unpack_code(bad), Error) << bad;
}

TEST(Mentions, AreNumbersOfPullRequests) {
  std::vector<std::string> seen;
  for (const PrintedValue& v : mentions("Built on PR #1394 and\n[x](https://github.com/o/r/pull/1412), PR 1394, 8192,\n"
                                        "PR1855 #0 #123456 1.#7\n"))
    seen.push_back(fmt::format("{}:{}", v.line, v.text));
  EXPECT_THAT(seen, ElementsAre("1:1394", "2:1412", "3:1855", "3:7"));
}

class LineageTest : public ArchiveFixture {
 protected:
  LineageTest() {
    root_ = commit({{"README.md", "r"}}, {}, 1);
    ref("refs/heads/main", root_);
  }
  void publish(int number, const std::string& script, const std::string& bpb, const std::string& readme, int64_t time) {
    const std::string in = kTrack + ("N" + std::to_string(number)) + "/";
    pull(number, commit({{"README.md", "r"},
                         {in + "train_gpt.py", script},
                         {in + "README.md", readme},
                         {in + "submission.json", "{\"val_bpb\": " + bpb + "}"}},
                        {root_}, time));
  }
  git_oid root_;
};

TEST_F(LineageTest, NamesTheParentAndWhatChanged) {
  const std::string shared = function("attend", 1) + function("train", 2) + function("pack", 3);
  const auto settings = [](const char* lr) { return std::string("a = os.environ.get('LR', ") + lr + ")\n"; };
  publish(1, shared + function("score", 4) + settings("0.02"), "1.0900", "", 10);
  publish(2, shared + function("score", 5) + settings("0.022"), "1.0850", "from #1", 20);
  // the same code as #2; its own parent is #1 by what it says, and #2 by its code
  publish(3, shared + function("score", 5) + function("adapt", 6) + settings("0.0220") + "b = os.getenv('TTT', 1)\n",
          "1.0800", "compare #9", 30);
  publish(4, function("other", 7) + function("else", 8) + function("more", 9) + function("yet", 10), "1.2", "", 40);
  // a lower number whose folder came after #3's
  publish(0 + 5, shared, "1.0", "", 50);
  add_to_archive(store_, repository());
  const ArchiveTables tables(store_);
  const Lineage lineage(tables);
  const auto of = [&](int64_t pull) { return lineage.of(published_folders(tables, pull).at(0)); };
  EXPECT_FALSE(of(1));
  EXPECT_FALSE(of(4));
  const Descent second = *of(2);
  EXPECT_EQ(second.parent, 1);
  EXPECT_EQ(second.named, "README.md:1");
  EXPECT_NEAR(second.shared, 0.6, 0.01);
  EXPECT_NEAR(*second.gain(), 0.005, 1e-9);
  EXPECT_THAT(second.changed, ElementsAre("score"));
  const Descent third = *of(3);
  EXPECT_EQ(third.parent, 2);
  EXPECT_EQ(third.named, "");
  EXPECT_THAT(third.added, ElementsAre("adapt"));
  EXPECT_TRUE(third.changed.empty());
  ASSERT_EQ(third.settings.size(), 1u);  // 0.0220 is 0.022
  EXPECT_THAT(third.sentences(), testing::Contains("settings: TTT 1 is new"));
  EXPECT_THAT(third.sentences(), testing::Contains("claims 1.0800, 0.00500 bits per byte less than its 1.0850"));
}

}  // namespace
}  // namespace pgolf
