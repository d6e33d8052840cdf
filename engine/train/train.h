// The training phase: training shards in, checkpoint.safetensors and train.events.jsonl out.
#pragma once

#include "engine/phase/phase.h"

namespace pgolf {

// Trains as options.pinned says on options.data_dir/train and writes the exported weights (raw, EMA or SWA) to
// options.run_dir, and of hashed steps the leaves and states. Errors: those of engine/data and of TrainingState;
// submission if the loss stops being finite (what was recorded stays).
void run_train(const PhaseOptions& options);

}  // namespace pgolf
