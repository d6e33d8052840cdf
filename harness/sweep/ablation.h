// Which technique pays: the submission without each of its techniques in turn, or a base with each of them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "harness/sweep/plan.h"

namespace pgolf {

struct AblationRequest {
  std::string submission;
  std::string in_from;                  // a base that each technique is added to; "": each is taken out
  std::vector<std::string> techniques;  // names or fields; empty: every one that the submission uses
  std::vector<int64_t> seeds;
  ResolveRequest resolve;  // profile, steps, seconds, and what is set for all variants
};

// The base, then a variant per technique, in the table's order. What cannot be switched alone is in `skipped`, with the
// reason. Errors: usage for a technique that there is none of, or that the submission does not use; if none is left.
SweepPlan plan_ablation(const AblationRequest& request, const std::filesystem::path& submissions,
                        const DataOf& data_of);

}  // namespace pgolf
