// Names of the tensors outside blocks, as the originals' checkpoints have them. Those of blocks are made of the layer
// and the kind (engine/model/params.h: matrix_name).
#pragma once

namespace pgolf {

inline constexpr char kTokenTable[] = "tok_emb.weight";
inline constexpr char kBigramTable[] = "bigram.embed.weight", kBigramProjection[] = "bigram.proj.weight",
                      kBigramScale[] = "bigram.scale";
inline constexpr char kValueTable[] = "ve_shared.embed.weight", kValueProjection[] = "ve_shared.proj.weight",
                      kValueScale[] = "ve_shared.scale";
inline constexpr char kSmearGate[] = "smear.gate";                                            // fixed
inline constexpr char kSmearWindow[] = "smear_gate.weight", kSmearLambda[] = "smear_lambda";  // windowed
inline constexpr char kSkipWeights[] = "skip_weights", kSkipGates[] = "skip_gates";

}  // namespace pgolf
