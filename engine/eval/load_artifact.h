// An artifact's weights as a model's parameters: the first thing an evaluation does.
#pragma once

#include <filesystem>

#include "engine/config/pinned.h"
#include "engine/model/params.h"

namespace pgolf {

// Fills `params` with the dequantised tensors of the artifact at `path`, banks included, and refreshes it.
// Errors: those of unpack_artifact; submission if the artifact was packed for another configuration, or a tensor of the
// model is missing, has another size, or is not the model's.
void load_artifact(Context& ctx, Params& params, const std::filesystem::path& path, const Pinned& pinned);

}  // namespace pgolf
