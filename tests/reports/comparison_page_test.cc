#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/pages.h"
#include "tests/reports/fixture.h"
#include "tests/reports/page_check.h"

namespace pgolf {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ComparisonPage, AComparisonSaysWhatItRestsOn) {
  CompareView c;
  c.a = "pr-334", c.b = kHostile, c.metric = "val_bpb", c.status = "unknown", c.conclusion = "A has one run";
  c.outcome = "inconclusive", c.unit = "bits per byte", c.mixed = {kHostile}, c.notes = {"2 seeds against 1"};
  c.gain = {{0.004, -0.003, 0.011, 0.005, "98 %"}};
  c.statements = {{"one-sided Welch test", "p = 0.39"}};
  c.runs = {{"pr-334", "run-1", 42, 1.25}};
  c.spread = {{"pr-334", {1.25, 1.27}, 1.26, 1.2, 1.32}, {kHostile, {1.3}, {}, {}, {}}};
  c.curves = {{"a", {{1, 7}, {2, 6}}, 1, false}};
  c.differences = {{"ttt.enabled", "true", "false"}};
  const auto page = compare_page(c);
  EXPECT_EQ(unbalanced(page), "");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  for (const auto* part :
       {"inconclusive", "2 seeds against 1", "p = 0.39", "1.250000", "mean 1.26000, n = 2", "ttt.enabled"})
    EXPECT_THAT(page, HasSubstr(part));
  EXPECT_EQ(compare_csv(c), "group,run_id,seed,val_bpb\r\npr-334,run-1,42,1.25\r\n");
  EXPECT_THAT(compare_markdown(c), HasSubstr("\n- 2 seeds against 1\n"));
  EXPECT_THAT(compare_markdown(c), HasSubstr("> **Mixed.** "));
  EXPECT_THAT(page, HasSubstr("its 98 % interval"));
}

}  // namespace
}  // namespace pgolf
