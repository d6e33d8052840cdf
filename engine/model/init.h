// Initial weights of a model, as the submissions' modules and init passes draw them on the CPU after manual_seed(seed).
// Source: docs/techniques.md, initialisation.
#pragma once

#include <cstdint>

#include "engine/model/params.h"

namespace pgolf {

// Fills every tensor and refreshes the copies. Library defaults are drawn first and then overwritten, as torch's
// modules do, so that the stream of random numbers is the originals'. On the meta device there is nothing to fill.
void init_params(Context& ctx, Params& params, const ModelConfig& config, uint64_t seed);

}  // namespace pgolf
