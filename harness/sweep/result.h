// What a sweep came to: a row per variant, and of an ablation the effect of each technique, paired by seed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "db/store.h"
#include "harness/compare/statistics.h"
#include "harness/sweep/plan.h"
#include "harness/sweep/state.h"
#include "reports/sweep_page.h"

namespace pgolf {

inline constexpr double kSweepAlpha = 0.025;  // in each tail of an interval: 95 %

struct SweepRow {
  const SweepVariant* variant = nullptr;
  size_t planned = 0;                              // seeds
  std::vector<int64_t> seeds;                      // that have a result, in the plan's order
  std::vector<double> values;                      // of the metric, by seed
  std::vector<std::string> runs;                   // by seed
  std::optional<double> bytes, train_ms, eval_ms;  // means; bytes of the model and the code
  std::string strict, practice;                    // the worst outcome
};

// What a technique gains: base against the variant without it, or the variant with it against the base; positive
// where the technique makes the metric lower.
struct Effect {
  const SweepVariant* variant = nullptr;
  size_t planned = 0;
  std::vector<int64_t> seeds;  // pairs
  std::optional<Paired> paired;
  std::optional<double> p_holm;                    // among all effects that have a p-value
  std::optional<double> bytes, train_ms, eval_ms;  // what it costs, by the means
  std::string why_not;                             // nothing is said: other data, no pair
  std::string verdict() const;                     // "helps", "hurts", "not shown", "no difference"
};

struct SweepResult {
  std::string metric;
  std::vector<SweepRow> rows;   // by mean, the base of an ablation first
  std::vector<Effect> effects;  // the largest gain first
};

// Errors: usage for a metric that is none; those of Store.
SweepResult sweep_result(const SweepPlan& plan, const std::vector<TaskStatus>& states, const Store* store,
                         const std::string& metric);

std::string result_text(const SweepPlan& plan, const SweepResult& result);
Json result_json(const SweepPlan& plan, const SweepResult& result);  // pgolf.sweep-result/1
SweepView result_view(const SweepPlan& plan, const SweepResult& result);

}  // namespace pgolf
