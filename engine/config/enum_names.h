// Names of configuration choices, in the order of their enumerators: what TOML and JSON files say.
#pragma once

#include <string_view>
#include <vector>

#include "engine/config/config.h"

namespace pgolf {

using EnumNames = std::vector<std::string_view>;

// One overload per enum, found by argument-dependent lookup: enum_names(Smear{}).
#define PGOLF_ENUM_NAMES(E, ...)                  \
  inline const EnumNames& enum_names(E) {         \
    static const EnumNames names = {__VA_ARGS__}; \
    return names;                                 \
  }

PGOLF_ENUM_NAMES(RopeScaling, "none", "ntk")
PGOLF_ENUM_NAMES(RopeFreqs, "f32", "bf16", "bf16_eager")
PGOLF_ENUM_NAMES(Smear, "none", "fixed", "windowed")
PGOLF_ENUM_NAMES(BigramHash, "additive", "xor")
PGOLF_ENUM_NAMES(Skips, "add", "gated")
PGOLF_ENUM_NAMES(ValueResidual, "none", "blend", "input")
PGOLF_ENUM_NAMES(AttnGate, "none", "linear", "per_head", "sparse", "attn_out", "dense")
PGOLF_ENUM_NAMES(ParallelResidual, "none", "sum", "two_lane")
PGOLF_ENUM_NAMES(FinalLane, "mean", "attn", "mlp")
PGOLF_ENUM_NAMES(SmoothingForm, "as_run", "standard")
PGOLF_ENUM_NAMES(TokEmbInit, "construction", "init_weights")
PGOLF_ENUM_NAMES(Rounding, "f32", "bf16")
PGOLF_ENUM_NAMES(Loader, "stream", "shuffled", "packed")
PGOLF_ENUM_NAMES(ByteCount, "table", "sidecar")
PGOLF_ENUM_NAMES(ScheduleKind, "step_time", "fraction")
PGOLF_ENUM_NAMES(MuonMembers, "all_2d", "block_matrices")
PGOLF_ENUM_NAMES(NsCoefficients, "quintic", "polar_express")
PGOLF_ENUM_NAMES(SwaKind, "none", "raw_below_scale", "ema_every")
PGOLF_ENUM_NAMES(Export, "raw", "ema", "swa")
PGOLF_ENUM_NAMES(QatScope, "none", "small_linears", "all_linears")
PGOLF_ENUM_NAMES(QatStart, "fraction", "lr_scale")
PGOLF_ENUM_NAMES(QuantScheme, "row_absmax", "gptq_lite", "gptq_ascending", "gptq")
PGOLF_ENUM_NAMES(LqerScope, "all", "mlp", "attn", "embed")
PGOLF_ENUM_NAMES(Codec, "zstd", "brotli_shuffle", "per_group")
PGOLF_ENUM_NAMES(PlainPass, "consecutive", "sliding", "packed")
PGOLF_ENUM_NAMES(SlidingForm, "covering", "truncated", "offset_only", "lossy_first")
PGOLF_ENUM_NAMES(TttKind, "none", "before_scoring", "chunked", "phased_lora")
PGOLF_ENUM_NAMES(TttTrains, "all", "no_embeddings", "last_blocks")
PGOLF_ENUM_NAMES(TttOptimizer, "sgd", "adamw")
PGOLF_ENUM_NAMES(LoraMlp, "none", "hidden", "output")

#undef PGOLF_ENUM_NAMES

}  // namespace pgolf
