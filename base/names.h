// What the phases of a run and the scoring passes of an evaluation are called: in logs, ledgers, records and rules, on
// command lines and pages.
#pragma once

namespace pgolf {

inline constexpr char kTrainPhase[] = "train", kPackPhase[] = "pack", kEvalPhase[] = "eval",
                      kDiagnosePhase[] = "diagnose";

// Of the float model and of the artifact in consecutive windows; of the artifact in overlapping windows; with
// test-time training.
inline constexpr char kFloatPass[] = "prequant", kQuantizedPass[] = "quantized", kSlidingPass[] = "sliding",
                      kTttPass[] = "ttt";

}  // namespace pgolf
