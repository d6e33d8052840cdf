#include "engine/config/techniques.h"

#include "engine/config/fields.h"

namespace pgolf {
namespace {

bool adapts(const Config& c) { return c.ttt.enabled; }
bool adapts_in_chunks(const Config& c) { return adapts(c) && c.ttt.kind == TttKind::chunked; }
bool mixes(const Config& c) { return adapts_in_chunks(c) && c.ttt.mixer; }
bool adapts_by_document(const Config& c) { return adapts(c) && c.ttt.kind == TttKind::phased_lora; }
bool trains_rounded(const Config& c) { return c.qat.scope != QatScope::none; }
bool has_ranks(const Config& c) { return c.train.world_size > 1; }
bool rotates(const Config& c) { return c.model.rope_dims > 0; }

// The files of an op, which say its name or another word.
TechniqueFiles op(const std::string& name, const std::string& word = "") {
  const std::string stem = "ops/" + name;
  return {word.empty() ? name : word, stem + ".h", stem + "_cpu.cc", stem + "_cuda.cu", stem + "_test.cc"};
}

// A row per technique: name, kind, field, what it is a part of, {word, contract, code, kernel, test}, source.
using Rows = std::vector<Technique>;

// clang-format off
Rows model_techniques() {
  using enum TechniqueKind;
  return {
      {"bigram hash embedding", model, "model.bigram_vocab_size", nullptr,
       op("bigram_hash", "bigram"), "PR 334 (additive), 754, 849 (xor)"},
      {"smear", model, "model.smear", nullptr, op("smear"), "PR 334, 754, 849 (fixed), 2143, 2097 (windowed)"},
      {"gated U-Net skips", model, "model.skips", nullptr, op("skip"), "PR 2143, 2097"},
      {"norm scale by depth", model, "model.ln_scale", nullptr,
       {"norm", "ops/rms_norm.h", "model/block.cc", "ops/rms_norm_cuda.cu", "model/liveness_test.cc"}, "all five"},
      {"partial rotary embedding", model, "model.rope_dims", nullptr, op("rope"), "Su et al. 2021; all five"},
      {"rotary base rescaled", model, "model.rope_scaling", rotates,
       {"rope", "ops/rope.h", "ops/rope.cc", "ops/rope_cuda.cu", "ops/rope_test.cc"}, "PR 754, 849, 2143"},
      {"rotary frequencies in bf16", model, "model.rope_freqs", rotates,
       {"rope", "ops/rope.h", "ops/rope.cc", "ops/rope_cuda.cu", "ops/rope_test.cc"}, "PR 2143, 2097"},
      {"XSA", model, "model.xsa_last_n", nullptr, op("xsa"), "PR 754, 849, 2143, 2097"},
      {"value residual", model, "model.value_residual", nullptr, op("value_residual"), "PR 754 (blend), 849 (input)"},
      {"value embedding", model, "model.value_embed_layers", nullptr,
       {"value", "ops/value_residual.h", "model/block.cc", "ops/value_residual_cuda.cu", "ops/value_residual_test.cc"},
       "PR 849"},
      {"attention gate", model, "model.attn_gate", nullptr,
       op("gates", "gate"), "PR 754 (linear), 849 (per head), 2143, 2097 (sparse)"},
      {"leaky squared activation", model, "model.mlp_slope", nullptr,
       op("activation", "slope"), "PR 754, 849, 2143, 2097"},
      {"depth recurrence", model, "model.num_loops", nullptr,
       {"loop", "config/param_table.h", "config/param_table.cc", "", "model/gpt_golden_test.cc"}, "PR 2143, 2097"},
      {"parallel residual", model, "model.parallel_residual", nullptr, op("lanes"), "PR 2143 (sum), 2097 (two lanes)"},
      {"asymmetric softcap", model, "model.asymmetric_softcap", nullptr, op("cross_entropy", "softcap"), "PR 2097"},
      {"label smoothing", model, "model.label_smoothing", nullptr,
       op("cross_entropy", "smoothing"), "PR 2097 (off as run)"},
      {"parameter banks", model, "model.param_banks", nullptr,
       {"bank", "model/params.h", "model/params.cc", "", "model/params_test.cc"}, "PR 754, 2097"},
  };
}

Rows training_techniques() {
  using enum TechniqueKind;
  return {
      {"CaseOps", training, "data.caseops", nullptr,
       {"caseops", "data/caseops.h", "data/caseops.cc", "", "data/caseops_test.cc"}, "PR 2143, 2097"},
      {"shuffled or packed rows", training, "train.loader", nullptr,
       {"packed", "data/loader.h", "data/loader.cc", "", "data/loader_test.cc"}, "PR 2143 (shuffled), 2097 (packed)"},
      {"Muon row normalisation", training, "muon.row_normalize", nullptr,
       {"muon", "optim/muon.h", "optim/muon_cpu.cc", "optim/muon_cuda.cu", "optim/muon_test.cc"}, "PR 2143, 2097"},
      {"gradient centralisation", training, "muon.centralize", nullptr,
       {"center", "optim/muon.h", "optim/muon_cpu.cc", "optim/muon_cuda.cu", "optim/optim_golden_test.cc"},
       "PR 2097 (off as run)"},
      {"Muon weight decay", training, "muon.weight_decay", nullptr,
       {"muon", "optim/muon.h", "optim/muon.cc", "optim/muon_cuda.cu", "optim/muon_test.cc"},
       "Loshchilov and Hutter 2019; all five"},
      {"Polar Express", training, "muon.coefficients", nullptr,
       {"polar", "optim/newton_schulz.h", "optim/newton_schulz.cc", "", "optim/newton_schulz_test.cc"},
       "Amsel et al. 2025; PR 2097"},
      {"gradient clipping", training, "clip.max_norm", nullptr,
       {"clip", "optim/flat.h", "optim/flat_cpu.cc", "optim/flat_cuda.cu", "optim/optimizer_test.cc"},
       "PR 754, 849, 2143, 2097"},
      {"reductions in bfloat16", training, "train.reduce_rounding", has_ranks,
       {"round", "optim/rank_mean.h", "optim/rank_mean.cc", "optim/flat_cuda.cu", "optim/rank_mean_test.cc"},
       "PR 754, 849, 2143, 2097 as run (off)"},
      {"EMA", training, "average.ema_decay", nullptr,
       {"ema", "optim/average.h", "optim/average.cc", "", "optim/optimizer_test.cc"}, "all five"},
      {"SWA", training, "average.swa", nullptr,
       {"swa", "optim/average.h", "optim/average.cc", "", "optim/optimizer_test.cc"},
       "Izmailov et al. 2018; PR 334, 754"},
      {"late QAT", training, "qat.scope", nullptr, op("fake_quant", "quant"), "PR 754, 849 (off as run)"},
      {"soft rounding", training, "qat.soft_round", trains_rounded,
       op("fake_quant", "soft"), "Agustsson and Theis 2020; PR 849 (off as run)"},
      {"CROWN-Q", training, "qat.crown_q_lambda", nullptr, op("crown_q", "crown"), "PR 849"},
  };
}

Rows weights_techniques() {
  using enum TechniqueKind;
  return {
      {"GPTQ", weights, "quant.scheme", nullptr,
       {"error_feedback", "quant/gptq.h", "quant/error_feedback_cpu.cc", "quant/error_feedback_cuda.cu",
        "quant/error_feedback_test.cc"},
       "Frantar et al. 2022; PR 754, 849, 2143, 2097"},
      {"magnitude pruning", weights, "quant.prune_fraction", nullptr,
       {"prune", "quant/plan.h", "quant/quantize.cc", "", "quant/plan_test.cc"}, "PR 849"},
      {"Hadamard rotation", weights, "quant.hadamard", nullptr,
       {"hadamard", "quant/linalg.h", "quant/linalg.cc", "", "quant/linalg_test.cc"}, "PR 2143 (off as run)"},
      {"LQER", weights, "quant.lqer_top_k", nullptr,
       {"lqer", "quant/lqer.h", "quant/lqer.cc", "", "quant/quantize_model_test.cc"},
       "Zhang et al. 2024; PR 2143, 2097"},
      {"AWQ-lite", weights, "quant.awq_top_k", nullptr,
       {"awq", "quant/awq.h", "quant/awq.cc", "", "quant/quantize_model_test.cc"}, "Lin et al. 2023; PR 2097"},
      {"int8 gate rows", weights, "quant.gate_int8_rows", nullptr,
       {"gate", "quant/plan.h", "quant/plan.cc", "", "quant/plan_test.cc"}, "PR 2097"},
      {"codec", weights, "codec.codec", nullptr,
       {"brotli", "codec/compress.h", "codec/compress.cc", "", "codec/compress_test.cc"},
       "PR 334, 754, 849 (zstd), 2143 (Brotli), 2097 (lrzip)"},
  };
}

Rows evaluation_techniques() {
  using enum TechniqueKind;
  return {
      {"sliding windows", evaluation, "eval.sliding", nullptr,
       {"window", "eval/windows.h", "eval/windows.cc", "", "eval/windows_test.cc"}, "all five"},
      {"test-time training", evaluation, "ttt.enabled", nullptr,
       {"ttt", "eval/ttt_before_scoring.h", "eval/ttt_before_scoring.cc", "", "eval/evaluators_test.cc"}, "all five"},
      {"QAT in TTT", evaluation, "ttt.qat", adapts_in_chunks,
       {"qat", "eval/ttt_chunked.h", "eval/ttt_chunked.cc", "", "eval/evaluators_test.cc"}, "PR 754"},
      {"byte-weighted TTT", evaluation, "ttt.byte_weighted", adapts_in_chunks,
       {"weighted", "ops/cross_entropy.h", "eval/ttt_chunked.cc", "ops/cross_entropy_cuda.cu",
        "ops/cross_entropy_test.cc"},
       "PR 849"},
      {"Polyak averaging in TTT", evaluation, "ttt.polyak_decay", adapts_in_chunks,
       {"average", "eval/weight_average.h", "eval/ttt_chunked.cc", "", "eval/evaluators_test.cc"}, "PR 849"},
      {"temperature", evaluation, "ttt.temperature", adapts_in_chunks, op("softmax_nll", "temperature"), "PR 849"},
      {"hedge mixer", evaluation, "ttt.mixer", adapts_in_chunks,
       {"mixer", "eval/hedge_mixer.h", "eval/hedge_mixer.cc", "", "eval/hedge_mixer_test.cc"}, "PR 849"},
      {"entropy expert in the mixer", evaluation, "ttt.mixer_entropy_expert", mixes,
       {"entropy", "eval/hedge_mixer.h", "eval/hedge_mixer.cc", "", "eval/hedge_mixer_test.cc"}, "PR 849"},
      {"adapters keep one factor between documents", evaluation, "ttt.lora_warm_start", adapts_by_document,
       {"lora", "eval/ttt_phased_lora.h", "eval/ttt_phased_lora.cc", "ops/lora_cuda.cu", "model/lora_test.cc"},
       "Hu et al. 2021; PR 2143, 2097"},
      {"base model trained on scored documents", evaluation, "ttt.prefix_docs", adapts_by_document,
       {"documents", "eval/train_on_documents.h", "eval/train_on_documents.cc", "", "eval/evaluators_test.cc"},
       "PR 2143, 2097"},
  };
}

// clang-format on

}  // namespace

const char* technique_kind_name(TechniqueKind kind) {
  constexpr const char* kNames[] = {"model", "training", "weights", "evaluation"};
  return kNames[static_cast<size_t>(kind)];
}

const std::vector<Technique>& techniques() {
  static const Rows table = [] {
    Rows out;
    for (auto* rows : {model_techniques, training_techniques, weights_techniques, evaluation_techniques})
      for (const Technique& technique : rows()) out.push_back(technique);
    return out;
  }();
  return table;
}

Json technique_value(const Config& config, const Technique& technique) {
  return config_field(technique.key).get(config);
}

bool uses(const Config& config, const Technique& technique) {
  if (technique.part_of != nullptr && !technique.part_of(config)) return false;
  const Field& field = config_field(technique.key);
  return field.get(config) != field.off;
}

void switch_off(Config& config, const Technique& technique) {
  const Field& field = config_field(technique.key);
  field.set(config, field.off, "technique " + technique.name);
}

}  // namespace pgolf
