// Random orthogonal matrices, torch.nn.init.orthogonal_ with gain 1.
#pragma once

#include <span>

#include "engine/core/torch_rng.h"

namespace pgolf {

// Fills `out`, a [rows, cols] matrix, with orthonormal rows (or columns, if rows > cols): the Q of the QR decomposition
// of a normal matrix, each direction times the sign of R's diagonal, which makes it unique.
void orthogonal(TorchRng& rng, std::span<float> out, int64_t rows, int64_t cols);

}  // namespace pgolf
