// AWQ-lite: the groups of columns that matter most, over all tensors, keep more bits (PR 2097).
// Source of the idea: Lin et al., arXiv:2306.00978.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "engine/quant/quantize.h"

namespace pgolf {

// The config.awq_top_k groups of awq_group_size adjacent columns with the largest sum over columns of
// activation_rms * mean |w|; first columns by tensor name. Earlier tensors and columns win ties.
std::map<std::string, ProtectedGroups> select_protected_groups(
    const QuantPlan& plan, const std::function<QuantInput(const PlanEntry&)>& input_of);

}  // namespace pgolf
