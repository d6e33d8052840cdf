// `pgolf bench --gpus N`: a submission's training over many seconds on 1, 2, 4, ... N GPUs.
#pragma once

#include <filesystem>
#include <string>

#include "base/json.h"
#include "harness/sandbox/sandbox.h"

namespace pgolf {

struct ScalingRequest {
  std::filesystem::path engine, pinned;  // pinned.json
  std::string device;                    // the first GPU, or "cpu"
  int64_t world_size = 1;                // ranks of the submission
  int processes = 1;                     // the largest number
  double seconds = 20;
  bool fast = false;
};

// Format `pgolf.scaling/1`: `rows` are the engine's pgolf.sustained/1, with `times` (tokens/s against one process),
// `efficiency` (that by the number of processes) and `exchange_share` (of a step). Errors: usage for a number of
// processes that cannot share the ranks; machine.
Json measure_scaling(const ScalingRequest& request, const Sandbox& sandbox);

std::string scaling_text(const Json& scaling);

}  // namespace pgolf
