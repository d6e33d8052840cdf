// Between weights and codes: pruned, and in the basis in which they are coded.
#pragma once

#include <span>
#include <vector>

#include "engine/codec/artifact.h"
#include "engine/quant/lqer.h"
#include "engine/quant/plan.h"

namespace pgolf {

// The weights as the coder sees them: pruned, then rotated, as the entry says.
std::vector<float> prepared_weights(const PlanEntry& entry, std::span<const float> weights);

// What the stored codes and corrections stand for, before any rotation is undone. Errors as dequantize.
std::vector<float> dequantize_prepared(const ArtifactTensor& tensor);

// Adds the factors to a coded matrix.
void attach_correction(ArtifactTensor& tensor, const LowRankCorrection& correction);

}  // namespace pgolf
