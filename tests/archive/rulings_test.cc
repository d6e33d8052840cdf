#include "archive/rulings.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "tests/archive/fixture.h"
#include "tests/support/source_dir.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A score whose key holds the target, in a function long enough to be compared.
std::string script(const std::string& name, const std::string& key, const std::string& more = "") {
  return "import numpy as np\n\n\ndef " + name + "(self, tokens, start, end):\n" +
         "    # counts of contexts\n    for order in range(2, self.max_order):\n" +
         "        prefix = tokens[start - order + 1:start]\n        h = np.zeros(end - start, dtype=np.uint64)\n" +
         "        for k in range(order - 1):\n            h ^= tokens[start - k:end - k].astype(np.uint64) * "
         "self.primes[k]\n" +
         "        " + key + " = (h ^ (tgt * self.primes[order])) & self.mask\n" + more +
         "        seen = self.counts[order][h & self.mask]\n        hits = self.full[order][" + key + "]\n" +
         "        np.add.at(self.full[order], " + key + ", 1)\n        yield hits / np.maximum(seen, 1)\n\n\n" +
         "def main():\n    return 0\n";
}

std::vector<PythonFunction> ruled(const std::string& text) { return functions_around(text, {11}); }

TEST(PythonFunctions, NamesFormattingAndCommentsAreTakenAway) {
  const auto a = ruled(script("score", "full_key"));
  std::string other = script("lookup_all", "fk");
  other.replace(other.find("    # counts of contexts\n"), 25, "    # quite another remark, 1 ^ 2\n");
  const auto b = ruled(other);
  ASSERT_EQ(a.size(), 1u);
  EXPECT_EQ(a[0].name, "score");
  EXPECT_EQ(a[0].first, 4);
  ASSERT_EQ(b.size(), 1u);
  EXPECT_EQ(shared_code(a[0].sketch, b[0].sketch), 1);
  EXPECT_EQ(sketch_from(sketch_text(a[0].sketch)), a[0].sketch);
}

TEST(PythonFunctions, AFewLinesMoreAreStillTheSameCodeAndAnotherFunctionIsNot) {
  const auto a = ruled(script("score", "key")), b = ruled(script("score", "key", "        self.calls += len(h)\n"));
  const double shared = shared_code(a.at(0).sketch, b.at(0).sketch);
  EXPECT_GT(shared, 0.6);
  EXPECT_LT(shared, 1);
  const std::string plain =
      "def forward(self, x):\n    for block in self.blocks:\n        x = x + block.attn(block.norm(x))\n"
      "        x = x + block.mlp(block.norm2(x)) * self.scale\n    return self.head(self.final_norm(x), bias=None)\n";
  EXPECT_LT(shared_code(a[0].sketch, functions_around(plain, {2}).at(0).sketch), 0.2);
}

TEST(PythonFunctions, DamagedSketchesAndOddScriptsAreNone) {
  for (const char* text : {"", "1234567", "zzzzzzzz", "0000000200000001"}) EXPECT_FALSE(sketch_from(text)) << text;
  EXPECT_TRUE(functions_around("", {1, -5, 99}).empty());
  EXPECT_TRUE(functions_around("x = 1\n", {1}).empty());
  EXPECT_TRUE(functions_around("def f():\n    return '" + std::string(100'000, 'x'), {2}).empty());
}

TEST(Rulings, TheShippedOnesAreReadAndNameTheirLookFor) {
  const auto all = parse_rulings(read_text(source_dir() / "rules" / kRulingsFile), kRulingsFile);
  EXPECT_EQ(all.size(), 19u);
  const auto key = std::find_if(all.begin(), all.end(), [](const Ruling& r) { return r.id == "target-in-key"; });
  ASSERT_NE(key, all.end());
  EXPECT_EQ(key->date, "2026-03-27");
  EXPECT_THAT(key->pulls, ElementsAre(779, 982));
}

TEST(Rulings, RefusesWhatItDoesNotKnow) {
  const auto refusal = [](const std::string& text) {
    try {
      parse_rulings(text, "r.toml");
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_THAT(refusal("format = \"pgolf.rulings/2\"\n"), HasSubstr("reads only that"));
  EXPECT_THAT(refusal("format = \"pgolf.rulings/1\"\n[[rulings]]\nid = \"a\"\ntitle = \"t\"\nverdict = \"bad\"\n"
                      "kind = \"k\"\nscope = \"s\"\nsource = \"s\"\npulls = []\n"),
              HasSubstr("'bad' is none of illegal"));
  EXPECT_THAT(refusal("format = \"pgolf.rulings/1\"\nx = 1\n"), HasSubstr("unknown key"));
}

class RulingsTest : public ArchiveFixture {};

TEST_F(RulingsTest, ARulingFollowsTheCodeAndNotTheRest) {
  const git_oid root = commit({{"README.md", "r"}}, {}, 1);
  ref("refs/heads/main", root);
  const auto add_pull = [&](int number, const std::string& text) {
    pull(number,
         commit({{"README.md", "r"}, {"records/track_10min_16mb/F" + std::to_string(number) + "/train_gpt.py", text}},
                {root}, number));
  };
  add_pull(1, script("score", "full_key"));
  add_pull(2, script("renamed", "probe_key"));
  std::string legal = script("score", "full_key");
  legal.replace(legal.find("tgt"), 3, "prev");  // the prefix alone
  add_pull(3, legal);
  add_to_archive(store_, repository());
  const std::vector<Ruling> rulings = {{"key",
                                        "t",
                                        "illegal",
                                        "normalised",
                                        "s",
                                        "#1",
                                        "2026-03-27",
                                        "the target is part of the key that finds its score",
                                        {1}}};
  const RuledCode code(tables(), rulings);
  const auto first = code.find(published_folders(tables(), 1).at(0));
  ASSERT_EQ(first.size(), 1u);  // named itself, and no copy of itself
  EXPECT_EQ(first[0].text(), "ruled illegal on 2026-03-27: t (s; #1)");
  const auto second = code.find(published_folders(tables(), 2).at(0));
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].text(),
            "same code as #1, ruled illegal on 2026-03-27: renamed at train_gpt.py:4 shares 100 % of score (t; #1)");
  EXPECT_TRUE(code.find(published_folders(tables(), 3).at(0)).empty());
  EXPECT_THAT(reach_of(tables(), rulings).at(0).pulls, ElementsAre(2));
}

}  // namespace
}  // namespace pgolf
