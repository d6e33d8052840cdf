// What a judgement comes to, wherever it is asked: over verdicts, over rows of the record, over a run's summary.
#include "judge/outcome.h"

#include <gmock/gmock.h>

#include "judge/verdict.h"

namespace pgolf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Outcome, TheWorstCountsAndNothingIsNoPass) {
  const auto strict = [](std::vector<RuleStatus> verdicts) { return outcome_of(verdicts).strict; };
  EXPECT_EQ(strict({}), "");
  EXPECT_EQ(strict({{"a", "practice", "pass"}}), "unknown");  // judged, and no strict reading was in force
  EXPECT_EQ(strict({{"a", "strict", "pass"}, {"b", "strict", "warn"}}), "warn");
  EXPECT_EQ(strict({{"a", "strict", "warn"}, {"b", "strict", "unknown"}}), "unknown");
  EXPECT_EQ(strict({{"a", "strict", "unknown"}, {"b", "strict", "fail"}}), "fail");
  EXPECT_EQ(strict({{"a", "strict", "fail", false}, {"b", "strict", "unknown", false}}), "pass");
  EXPECT_EQ(strict({{"a", "strict", "warn", false}}), "warn");  // a reservation, whoever makes it
}

TEST(Outcome, OfARunsSummary) {
  const std::vector<RuleStatus> verdicts = {{"artifact_size", "strict", "pass"},
                                            {"score_before_update", "strict", "fail"},
                                            {"score_before_update", "practice", "unknown"},
                                            {"hardware", "practice", "fail", false},
                                            {"submission_identity", "strict", "unknown"}};
  const RunOutcome out = outcome_of(verdicts);
  EXPECT_EQ(out.strict, "fail");
  EXPECT_EQ(out.practice, "unknown");
  EXPECT_THAT(out.broken, ElementsAre("score_before_update"));
  EXPECT_TRUE(out.other_submission);
  const std::vector<RuleStatus> passed = {{"x", "strict", "pass"}};
  EXPECT_EQ(outcome_of(passed).strict, "pass");
  EXPECT_THAT(outcome_of(passed).broken, IsEmpty());
  EXPECT_FALSE(outcome_of(passed).other_submission);
}

TEST(Outcome, OfSeveralRunsIsTheWorst) {
  const auto worst = [](std::vector<std::string> outcomes) { return worst_outcome(outcomes); };
  EXPECT_EQ(worst({"pass", "warn"}), "warn");
  EXPECT_EQ(worst({"pass", "fail", "unknown"}), "fail");
  EXPECT_EQ(worst({"pass", ""}), "unknown");  // one was not judged
  EXPECT_EQ(worst({"", ""}), "");
  EXPECT_EQ(worst({}), "");
}

// The judge's verdicts and the record's rows of them come to the same, whatever they are.
TEST(Outcome, IsOneFunction) {
  constexpr std::array kStatuses{Status::pass, Status::warn, Status::fail, Status::unknown};
  for (const Status a : kStatuses)
    for (const Status b : kStatuses)
      for (const bool counts : {true, false}) {
        std::vector<Verdict> verdicts(2);
        std::vector<RuleStatus> rows;
        verdicts[0].rule = "a", verdicts[0].status = a, verdicts[0].counts = counts;
        verdicts[1].rule = "b", verdicts[1].status = b;
        for (const Verdict& v : verdicts) rows.push_back({v.rule, "strict", status_name(v.status), v.counts});
        EXPECT_EQ(outcome_of(rows).strict, status_name(outcome(verdicts, Reading::strict)));
      }
}

}  // namespace
}  // namespace pgolf
