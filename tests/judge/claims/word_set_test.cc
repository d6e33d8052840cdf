#include "judge/claims/word_set.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

TEST(WordSet, FindsAnyOfItsWordsAnywhere) {
  constexpr std::string_view kWords[] = {"seed", "val_loss", "se"};
  const WordSet set(kWords, false);
  for (const char* line : {"seed", "xxseed", "a val_loss:1", "chose"}) EXPECT_TRUE(set.occurs_in(line)) << line;
  for (const char* line : {"", "s", "val_los", "SEED", "v e s d"}) EXPECT_FALSE(set.occurs_in(line)) << line;
}

TEST(WordSet, FoldsCaseWhereAsked) {
  constexpr std::string_view kWords[] = {"prequant", ", \"w"};
  const WordSet set(kWords, true);
  EXPECT_TRUE(set.occurs_in("os.environ['PreQuant_TTT']"));
  EXPECT_TRUE(set.occurs_in("open(x, \"W\")"));
  EXPECT_FALSE(set.occurs_in("pre quant \xff"));
}

}  // namespace
}  // namespace pgolf
