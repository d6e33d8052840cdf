#include "engine/quant/awq.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace pgolf {
namespace {

struct Candidate {
  double score;
  size_t entry;
  int64_t start;
};

void add_candidates(std::vector<Candidate>& out, size_t index, const PlanEntry& entry, const QuantInput& input,
                    int64_t group) {
  const int64_t rows = entry.rows(), cols = entry.cols();
  check(static_cast<int64_t>(input.activation_rms.size()) == cols, "AWQ: {} has {} columns, {} activation RMS values",
        entry.name, cols, input.activation_rms.size());
  std::vector<double> magnitude(static_cast<size_t>(cols));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < cols; ++j)
      magnitude[static_cast<size_t>(j)] += std::fabs(input.weights[static_cast<size_t>(i * cols + j)]);
  for (int64_t start = 0; start + group <= cols && start <= std::numeric_limits<int16_t>::max(); start += group) {
    double score = 0;
    for (int64_t j = start; j < start + group; ++j)
      score +=
          input.activation_rms[static_cast<size_t>(j)] * magnitude[static_cast<size_t>(j)] / static_cast<double>(rows);
    out.push_back({score, index, start});
  }
}

}  // namespace

std::map<std::string, ProtectedGroups> select_protected_groups(
    const QuantPlan& plan, const std::function<QuantInput(const PlanEntry&)>& input_of) {
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < plan.entries.size(); ++i)
    if (plan.entries[i].protectable)
      add_candidates(candidates, i, plan.entries[i], input_of(plan.entries[i]), plan.config.awq_group_size);
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  candidates.resize(std::min(candidates.size(), static_cast<size_t>(plan.config.awq_top_k)));
  std::map<std::string, ProtectedGroups> groups;
  for (const Candidate& c : candidates) groups[plan.entries[c.entry].name].push_back(c.start);
  return groups;
}

}  // namespace pgolf
