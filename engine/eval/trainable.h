// Which tensors of the base model test-time training updates.
#pragma once

#include <string>

#include "engine/config/config.h"

namespace pgolf {

// all            all tensors but those of a frozen block; banks hold every block's matrices and are trained (754)
// no_embeddings  as all, without token and bigram embeddings and the smear gate (334)
// last_blocks    the last freeze_blocks blocks, and tensors with "norm", "scale" or "lm_head" in their name (849)
bool ttt_trains(const TttConfig& ttt, int64_t num_layers, const std::string& name);

}  // namespace pgolf
