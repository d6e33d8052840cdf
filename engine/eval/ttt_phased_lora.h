// Test-time training with adapters per document (PR 2143, 2097).
#pragma once

#include "engine/eval/scored_pass.h"

namespace pgolf {

// Groups of documents, longest first, each scored chunk by chunk of ttt.doc_chunk_tokens targets: every document's
// adapters take one AdamW step on its chunk, from the forward pass that scored it, unless that was its last. Between
// ttt.phases phases the base model is trained on documents scored so far (train_on_documents.h), and all adapters start
// afresh. Ranks and their order: group_schedule.h.
ScoreSum ttt_phased_lora(EvalRun& run, const PassInfo& info);

}  // namespace pgolf
