// The packing phase: checkpoint in, artifact.bin and pack.events.jsonl out.
#pragma once

#include "engine/phase/phase.h"

namespace pgolf {

// Quantises options.checkpoint as options.pinned says (calibrating on options.data_dir/train where the scheme needs
// it), and writes the artifact to options.run_dir, synced. Errors: those of engine/quant and engine/codec.
void run_pack(const PhaseOptions& options);

}  // namespace pgolf
