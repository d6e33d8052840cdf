#include "engine/config/techniques.h"

#include "base/error.h"
#include "engine/config/fields.h"

namespace pgolf {

namespace {

bool adapts(const Config& c) { return c.ttt.enabled; }
bool adapts_in_chunks(const Config& c) { return adapts(c) && c.ttt.kind == TttKind::chunked; }
bool mixes(const Config& c) { return adapts_in_chunks(c) && c.ttt.mixer; }
bool adapts_by_document(const Config& c) { return adapts(c) && c.ttt.kind == TttKind::phased_lora; }
bool trains_rounded(const Config& c) { return c.qat.scope != QatScope::none; }
bool rotates(const Config& c) { return c.model.rope_dims > 0; }

}  // namespace

const char* technique_kind_name(TechniqueKind kind) {
  constexpr const char* kNames[] = {"model", "training", "weights", "evaluation"};
  return kNames[static_cast<size_t>(kind)];
}

const std::vector<Technique>& techniques() {
  using enum TechniqueKind;
  static const std::vector<Technique> table = {
      {"bigram hash embedding", model, "model.bigram_vocab_size", 0},
      {"smear", model, "model.smear", "none"},
      {"gated U-Net skips", model, "model.skips", "add"},
      {"norm scale by depth", model, "model.ln_scale", false},
      {"partial rotary embedding", model, "model.rope_dims", 0},
      {"rotary base rescaled", model, "model.rope_scaling", "none", rotates},
      {"rotary frequencies in bf16", model, "model.rope_freqs", "f32", rotates},
      {"XSA", model, "model.xsa_last_n", 0},
      {"value residual", model, "model.value_residual", "none"},
      {"value embedding", model, "model.value_embed_layers", Json::array()},
      {"attention gate", model, "model.attn_gate", "none"},
      {"leaky squared activation", model, "model.mlp_slope", 0.0},
      {"depth recurrence", model, "model.num_loops", 0},
      {"parallel residual", model, "model.parallel_residual", "none"},
      {"asymmetric softcap", model, "model.asymmetric_softcap", false},
      {"label smoothing", model, "model.label_smoothing", 0.0},
      {"parameter banks", model, "model.param_banks", false},
      {"CaseOps", training, "data.caseops", false},
      {"shuffled or packed rows", training, "train.loader", "stream"},
      {"Muon row normalisation", training, "muon.row_normalize", false},
      {"gradient centralisation", training, "muon.centralize", false},
      {"Muon weight decay", training, "muon.weight_decay", 0.0},
      {"Polar Express", training, "muon.coefficients", "quintic"},
      {"gradient clipping", training, "clip.max_norm", 0.0},
      {"EMA", training, "average.ema_decay", 0.0},
      {"SWA", training, "average.swa", "none"},
      {"late QAT", training, "qat.scope", "none"},
      {"soft rounding", training, "qat.soft_round", false, trains_rounded},
      {"CROWN-Q", training, "qat.crown_q_lambda", 0.0},
      {"GPTQ", weights, "quant.scheme", "row_absmax"},
      {"magnitude pruning", weights, "quant.prune_fraction", 0.0},
      {"Hadamard rotation", weights, "quant.hadamard", false},
      {"LQER", weights, "quant.lqer_top_k", 0},
      {"AWQ-lite", weights, "quant.awq_top_k", 0},
      {"int8 gate rows", weights, "quant.gate_int8_rows", false},
      {"codec", weights, "codec.codec", "zstd"},
      {"sliding windows", evaluation, "eval.sliding", false},
      {"test-time training", evaluation, "ttt.enabled", false},
      {"QAT in TTT", evaluation, "ttt.qat", false, adapts_in_chunks},
      {"byte-weighted TTT", evaluation, "ttt.byte_weighted", false, adapts_in_chunks},
      {"Polyak averaging in TTT", evaluation, "ttt.polyak_decay", 0.0, adapts_in_chunks},
      {"temperature", evaluation, "ttt.temperature", 1.0, adapts_in_chunks},
      {"hedge mixer", evaluation, "ttt.mixer", false, adapts_in_chunks},
      {"entropy expert in the mixer", evaluation, "ttt.mixer_entropy_expert", false, mixes},
      {"adapters keep one factor between documents", evaluation, "ttt.lora_warm_start", false, adapts_by_document},
      {"base model trained on scored documents", evaluation, "ttt.prefix_docs", 0, adapts_by_document},
  };
  return table;
}

Json technique_value(const Config& config, const Technique& technique) {
  Config copy = config;
  for (const Field& field : config_fields(copy))
    if (field.key == technique.key) return field.get();
  check(false, "technique '{}' names no field: {}", technique.name, technique.key);
  return {};
}

bool uses(const Config& config, const Technique& technique) {
  if (technique.part_of != nullptr && !technique.part_of(config)) return false;
  return technique_value(config, technique) != technique.off;
}

void switch_off(Config& config, const Technique& technique) {
  set_config_field(config, technique.key, technique.off, "technique " + technique.name);
}

}  // namespace pgolf
