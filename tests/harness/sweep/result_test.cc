// What an ablation concludes from given values. Known p-values are SciPy 1.17.1's ttest_1samp.
#include "harness/sweep/result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgolf {
namespace {

using testing::HasSubstr;

Effect effect(const std::vector<double>& with, const std::vector<double>& without, double holm_times) {
  Effect out;
  out.paired = paired(with, without, kSweepAlpha);
  if (out.paired->p_two_sided) out.p_holm = std::min(1.0, *out.paired->p_two_sided * holm_times);
  return out;
}

TEST(EffectTest, SaysWhatIsShownAndWhatNot) {
  EXPECT_EQ(effect({1.0, 1.1, 1.2}, {1.1, 1.201, 1.299}, 3).verdict(), "helps");
  EXPECT_EQ(effect({1.1, 1.201, 1.299}, {1.0, 1.1, 1.2}, 3).verdict(), "hurts");
  EXPECT_EQ(effect({1.0, 1.1, 1.2}, {1.2, 1.0, 1.3}, 3).verdict(), "not shown");
  EXPECT_EQ(effect({1.0, 1.1, 1.2}, {1.0, 1.1, 1.2}, 3).verdict(), "no difference");
  EXPECT_EQ(effect({1.0}, {1.1}, 3).verdict(), "one seed shows no spread");
}

TEST(SweepResultTest, ASweepThatNobodyBeganOnHasRowsWithoutValues) {
  SweepPlan plan = empty_plan({1, 2, 3});
  for (const VariantRole role : {VariantRole::base, VariantRole::out}) {
    SweepVariant variant;
    variant.name = role == VariantRole::base ? "pr-1@demo" : "without XSA", variant.technique = "XSA";
    variant.role = role, variant.pinned = {"a", "b", "c"};
    plan.variants.push_back(variant);
  }
  const SweepResult result = sweep_result(plan, task_states(plan, nullptr), nullptr, "val_bpb");
  EXPECT_EQ(result.effects.at(0).verdict(), "no seed has both results yet");
  EXPECT_THAT(result_text(plan, result), HasSubstr("0 of 3 planned"));
  const SweepView view = result_view(plan, result);
  EXPECT_THAT(sweep_page(view), testing::AllOf(HasSubstr("<svg"), HasSubstr("Ablation of pr-1@demo")));
  EXPECT_THAT(sweep_markdown(view), HasSubstr("| XSA | - |"));
  EXPECT_EQ(result_json(plan, result)["planned"], 6);
}

}  // namespace
}  // namespace pgolf
