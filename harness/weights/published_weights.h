// Weights that a submission publishes, as our artifact: the container of pull request 2143 (docs/artifact-format.md).
#pragma once

#include <string_view>
#include <vector>

#include "engine/codec/artifact.h"
#include "engine/config/param_table.h"

namespace pgolf {

// `file`: Brotli over shuffled bytes of a torch.save of {"w": tensors, "m": how each is stored}. Codes, scales and
// values go over bit by bit; nothing is quantised again. Every tensor of `wanted` must be there in its shape, and no
// other. Errors: submission, "<origin>: ...".
std::vector<ArtifactTensor> read_published_weights(ByteView file, const std::vector<ParamSpec>& wanted,
                                                   std::string_view origin);

}  // namespace pgolf
