// Weights that a run was given instead of training them.
#pragma once

#include <string>
#include <vector>

#include "engine/codec/artifact.h"

namespace pgolf {

inline constexpr char kWeightsFact[] = "published_weights";  // of a run's environment: the file, and its SHA-256
inline constexpr char kWeightsTaken[] = "weights_taken";     // how the run ended before it was scored

struct PublishedWeights {
  std::vector<ArtifactTensor> tensors;
  std::string origin;  // "final_model.int6.ptz, SHA-256 ..."
};

}  // namespace pgolf
