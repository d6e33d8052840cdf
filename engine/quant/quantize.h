// From weights to what an artifact stores, and back.
//
// A stored tensor has one part "v" (float32 or float16 values), or codes "q" (int8) with "scale" (float16, one per row)
// and, where the plan says so, groups of columns with a finer scale ("awq_start", "awq_scale", "awq_size") and the
// factors of a low-rank correction ("lqA", "lqA_scale", "lqB", "lqB_scale"). Formats: docs/quantisation.md.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/artifact.h"
#include "engine/quant/coding_device.h"
#include "engine/quant/plan.h"

namespace pgolf {

struct QuantInput {
  std::span<const float> weights;         // of the entry's shape
  std::span<const float> hessian;         // [cols, cols] sum of x x^T; entries that need none may leave it empty
  std::span<const float> activation_rms;  // [cols] root mean square of each input
};

// First columns of the groups that a tensor keeps at awq_bits (PR 2097, AWQ-lite).
using ProtectedGroups = std::vector<int64_t>;

// Errors: submission for a weight that is not finite, or a value or scale beyond float16, naming the tensor.
ArtifactTensor quantize(CodingDevice& device, const PlanEntry& entry, const QuantConfig& config,
                        const QuantInput& input, const ProtectedGroups& groups = {});

// Errors: submission, naming the tensor, for parts that are missing or do not fit its shape.
std::vector<float> dequantize(const ArtifactTensor& tensor);

// All tensors of a plan, and what is chosen among them: the protected groups, then the corrections of largest effect.
// `input_of` may be called more than once for an entry, from several threads. Order and result do not depend on
// threads, nor on the device that computes the codes.
std::vector<ArtifactTensor> quantize_model(Device device, const QuantPlan& plan,
                                           const std::function<QuantInput(const PlanEntry&)>& input_of);

// By name.
std::map<std::string, std::vector<float>> dequantize_model(const Artifact& artifact);

}  // namespace pgolf
