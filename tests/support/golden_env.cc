#include "tests/support/golden_env.h"

#include <algorithm>

#include "base/error.h"
#include "engine/config/fields.h"

namespace pgolf {
namespace {

enum class Decides {
  field,    // the value of the field
  off,      // "0": the field is off ("none", no buckets); else it keeps what the submission has
  base,     // as field, of training the base model, where no adapters are trained
  phased,   // as field, with adapters for each document
  trained,  // as field, in the files of a training
  only,     // nothing else than this value has a counterpart
  derived,  // see golden_config.cc
};

struct EnvName {
  const char* name;
  Decides decides;
  const char* what;  // field, or the only value
};

// One list for all submissions: none uses a name for two things.
constexpr EnvName kNames[] = {
    {"VOCAB_SIZE", Decides::field, "model.vocab_size"},
    {"NUM_LAYERS", Decides::field, "model.num_layers"},
    {"MODEL_DIM", Decides::field, "model.model_dim"},
    {"NUM_HEADS", Decides::field, "model.num_heads"},
    {"NUM_KV_HEADS", Decides::field, "model.num_kv_heads"},
    {"LOGIT_SOFTCAP", Decides::field, "model.logit_softcap"},
    {"ROPE_BASE", Decides::field, "model.rope_base"},
    {"ROPE_DIMS", Decides::field, "model.rope_dims"},
    {"QK_GAIN_INIT", Decides::field, "model.qk_gain_init"},
    {"LN_SCALE", Decides::field, "model.ln_scale"},
    {"BIGRAM_VOCAB_SIZE", Decides::field, "model.bigram_vocab_size"},
    {"BIGRAM_DIM", Decides::field, "model.bigram_dim"},
    {"GATE_WINDOW", Decides::field, "model.gate_window"},
    {"XSA_LAST_N", Decides::field, "model.xsa_last_n"},
    {"VE_DIM", Decides::field, "model.value_embed_dim"},
    {"SPARSE_ATTN_GATE_SCALE", Decides::field, "model.attn_gate_scale"},
    {"DTG_ENABLED", Decides::field, "model.dtg_gate"},
    {"LOOP_START", Decides::field, "model.loop_start"},
    {"LOOP_END", Decides::field, "model.loop_end"},
    {"NUM_LOOPS", Decides::field, "model.num_loops"},
    {"PARALLEL_RESIDUAL_START", Decides::field, "model.parallel_start_layer"},
    {"PARALLEL_START_LAYER", Decides::field, "model.parallel_start_layer"},
    {"PARALLEL_FINAL_LANE", Decides::field, "model.parallel_final_lane"},
    {"ASYM_LOGIT_RESCALE", Decides::field, "model.asymmetric_softcap"},
    {"LABEL_SMOOTH", Decides::field, "model.label_smoothing"},
    {"TIED_EMBED_INIT_STD", Decides::field, "model.tied_embed_init_std"},
    {"USE_SMEARGATE", Decides::off, "model.smear"},
    {"SMEAR_GATE_ENABLED", Decides::off, "model.smear"},
    {"USE_BIGRAMHASH", Decides::off, "model.bigram_vocab_size"},
    {"USE_VALUE_RESIDUAL", Decides::off, "model.value_residual"},
    {"USE_GATED_ATTENTION", Decides::off, "model.attn_gate"},
    {"SPARSE_ATTN_GATE_ENABLED", Decides::off, "model.attn_gate"},
    {"EMBEDDING_DIM", Decides::derived, ""},
    {"MLP_MULT", Decides::derived, ""},
    {"VE_ENABLED", Decides::derived, ""},
    {"VE_LAYERS", Decides::derived, ""},
    {"SKIP_GATES_ENABLED", Decides::derived, ""},
    {"GATED_ATTN_ENABLED", Decides::derived, ""},
    {"ATTN_OUT_GATE_ENABLED", Decides::derived, ""},
    {"ROPE_YARN", Decides::derived, ""},
    {"TIE_EMBEDDINGS", Decides::only, "1"},
    {"FUSED_CE", Decides::only, "0"},
    {"FUSED_CE_ENABLED", Decides::only, "0"},
    {"ATTN_OUT_GATE_SRC", Decides::only, "proj"},
    {"SPARSE_ATTN_GATE_INIT_STD", Decides::only, "0"},
    {"PRORES_ENABLED", Decides::only, "0"},

    {"TRAIN_SEQ_LEN", Decides::field, "train.seq_len"},
    {"CROWN_Q_LAMBDA", Decides::field, "qat.crown_q_lambda"},
    {"SOFT_ROUND_QAT", Decides::field, "qat.soft_round"},

    {"ITERATIONS", Decides::trained, "train.iterations"},
    {"TRAIN_BATCH_TOKENS", Decides::trained, "train.batch_tokens"},
    {"MAX_WALLCLOCK_SECONDS", Decides::trained, "train.max_wallclock_seconds"},
    {"WARMUP_STEPS", Decides::trained, "train.warmup_steps"},
    {"TRAIN_LOG_EVERY", Decides::trained, "train.log_every"},
    {"WARMDOWN_ITERS", Decides::trained, "schedule.warmdown_iters"},
    {"WARMDOWN_FRAC", Decides::trained, "schedule.warmdown_frac"},
    {"MIN_LR", Decides::trained, "schedule.min_lr"},
    {"ENABLE_LOOPING_AT", Decides::trained, "schedule.loop_at_fraction"},
    {"MATRIX_LR", Decides::trained, "muon.lr"},
    {"MUON_MOMENTUM", Decides::trained, "muon.momentum"},
    {"MUON_MOMENTUM_WARMUP_START", Decides::trained, "muon.momentum_start"},
    {"MUON_MOMENTUM_WARMUP_STEPS", Decides::trained, "muon.momentum_warmup_steps"},
    {"MUON_BACKEND_STEPS", Decides::trained, "muon.ns_steps"},
    {"MUON_WD", Decides::trained, "muon.weight_decay"},
    {"MUON_ROW_NORMALIZE", Decides::trained, "muon.row_normalize"},
    {"GRAD_CENTRALIZE", Decides::trained, "muon.centralize"},
    {"TIED_EMBED_LR", Decides::trained, "adam.tok_lr"},
    {"SCALAR_LR", Decides::trained, "adam.scalar_lr"},
    {"ADAM_WD", Decides::trained, "adam.scalar_weight_decay"},
    {"EMBED_WD", Decides::trained, "adam.tok_weight_decay"},
    {"BETA1", Decides::trained, "adam.beta1"},
    {"BETA2", Decides::trained, "adam.beta2"},
    {"ADAM_EPS", Decides::trained, "adam.eps"},
    {"GRAD_CLIP_NORM", Decides::trained, "clip.max_norm"},
    {"EMA_DECAY", Decides::trained, "average.ema_decay"},
    {"SWA_EVERY", Decides::trained, "average.swa_every"},
    {"SWA_PCT", Decides::trained, "average.swa_below_scale"},
    {"LATE_QAT_THRESHOLD", Decides::trained, "qat.start_at"},
    {"MICRO_BATCH_SEQS", Decides::derived, ""},

    {"MATRIX_BITS", Decides::field, "quant.matrix_bits"},
    {"MATRIX_BITS_KV", Decides::field, "quant.matrix_bits_kv"},
    {"MATRIX_BITS_MLP_FC", Decides::field, "quant.matrix_bits_mlp_fc"},
    {"MATRIX_BITS_MLP_PROJ", Decides::field, "quant.matrix_bits_mlp_proj"},
    {"EMBED_BITS", Decides::field, "quant.embed_bits"},
    {"MATRIX_CLIP_SIGMAS", Decides::field, "quant.matrix_clip_sigmas"},
    {"EMBED_CLIP_SIGMAS", Decides::field, "quant.embed_clip_sigmas"},
    {"MLP_CLIP_SIGMAS", Decides::field, "quant.mlp_clip_sigmas"},
    {"ATTN_CLIP_SIGMAS", Decides::field, "quant.attn_clip_sigmas"},
    {"HADAMARD_ROTATE", Decides::field, "quant.hadamard"},
    {"GATED_ATTN_QUANT_GATE", Decides::field, "quant.gate_int8_rows"},
    {"LQER_RANK", Decides::field, "quant.lqer_rank"},
    {"LQER_TOP_K", Decides::field, "quant.lqer_top_k"},
    {"LQER_FACTOR_BITS", Decides::field, "quant.lqer_factor_bits"},
    {"LQER_ASYM_ENABLED", Decides::field, "quant.lqer_asym"},
    {"LQER_ASYM_GROUP", Decides::field, "quant.lqer_asym_group"},
    {"LQER_SCOPE", Decides::field, "quant.lqer_scope"},
    {"LQER_GAIN_SELECT", Decides::field, "quant.lqer_gain_select"},
    {"AWQ_LITE_GROUP_TOP_K", Decides::field, "quant.awq_top_k"},
    {"AWQ_LITE_GROUP_SIZE", Decides::field, "quant.awq_group_size"},
    {"AWQ_LITE_BITS", Decides::field, "quant.awq_bits"},
    {"LQER_ENABLED", Decides::off, "quant.lqer_top_k"},
    {"AWQ_LITE_ENABLED", Decides::off, "quant.awq_top_k"},
    {"INT6_LAST_N", Decides::field, "quant.int6_last_n"},
    {"PRUNE_PCT", Decides::field, "quant.prune_fraction"},

    {"EVAL_SEQ_LEN", Decides::field, "eval.seq_len"},
    {"EVAL_STRIDE", Decides::field, "eval.stride"},
    {"EVAL_BATCH_SEQS", Decides::field, "eval.batch_seqs"},
    {"VAL_BATCH_TOKENS", Decides::field, "eval.packed_batch_tokens"},

    {"TTT_LR", Decides::base, "ttt.lr"},
    {"TTT_EPOCHS", Decides::base, "ttt.epochs"},
    {"TTT_CHUNK_TOKENS", Decides::base, "ttt.chunk_tokens"},
    {"TTT_MOMENTUM", Decides::base, "ttt.momentum"},
    {"TTT_BATCH_SEQS", Decides::base, "ttt.batch_seqs"},
    {"TTT_GRAD_CLIP", Decides::base, "ttt.max_norm"},
    {"TTT_FREEZE_BLOCKS", Decides::base, "ttt.freeze_blocks"},
    {"TTT_TEMPERATURE", Decides::base, "ttt.temperature"},
    {"BYTE_WEIGHTED_TTT", Decides::base, "ttt.byte_weighted"},
    {"ADAPTIVE_LR_MAX", Decides::base, "ttt.lr_ramp"},
    {"POLYAK_DECAY", Decides::base, "ttt.polyak_decay"},
    {"MIXER_ETA", Decides::base, "ttt.mixer_eta"},
    {"ADAPTIVE_LR", Decides::derived, ""},
    {"USE_POLYAK", Decides::derived, ""},
    {"USE_MIXER", Decides::derived, ""},
    {"QTTT", Decides::only, "0"},

    {"GLOBAL_TTT_LR", Decides::phased, "ttt.lr"},
    {"GLOBAL_TTT_EPOCHS", Decides::phased, "ttt.epochs"},
    {"GLOBAL_TTT_CHUNK_TOKENS", Decides::phased, "ttt.chunk_tokens"},
    {"GLOBAL_TTT_MOMENTUM", Decides::phased, "ttt.momentum"},
    {"GLOBAL_TTT_BATCH_SEQS", Decides::phased, "ttt.batch_seqs"},
    {"GLOBAL_TTT_GRAD_CLIP", Decides::phased, "ttt.max_norm"},
    {"TTT_LORA_LR", Decides::phased, "ttt.lora_lr"},
    {"TTT_LORA_RANK", Decides::phased, "ttt.lora_rank"},
    {"TTT_LORA_ALPHA", Decides::phased, "ttt.lora_alpha"},
    {"TTT_BETA1", Decides::phased, "ttt.beta1"},
    {"TTT_BETA2", Decides::phased, "ttt.beta2"},
    {"TTT_WEIGHT_DECAY", Decides::phased, "ttt.weight_decay"},
    {"TTT_BATCH_SIZE", Decides::phased, "ttt.doc_batch"},
    {"TTT_CHUNK_SIZE", Decides::phased, "ttt.doc_chunk_tokens"},
    {"TTT_EVAL_SEQ_LEN", Decides::phased, "ttt.doc_context_tokens"},
    {"PHASED_TTT_PREFIX_DOCS", Decides::phased, "ttt.prefix_docs"},
    {"PHASED_TTT_NUM_PHASES", Decides::phased, "ttt.phases"},
    {"TTT_WARM_START_A", Decides::phased, "ttt.lora_warm_start"},
    {"TTT_Q_LORA", Decides::phased, "ttt.lora_q"},
    {"TTT_K_LORA", Decides::phased, "ttt.lora_k"},
    {"TTT_V_LORA", Decides::phased, "ttt.lora_v"},
    {"TTT_O_LORA", Decides::phased, "ttt.lora_o"},
    {"TTT_MLP_LORA", Decides::off, "ttt.lora_mlp"},
    {"TTT_MASK", Decides::derived, ""},
    {"TTT_LOCAL_LR_MULT", Decides::derived, ""},
    {"TTT_GRAD_STEPS", Decides::only, "1"},
    {"TTT_EVAL_BATCHES", Decides::only, ""},
    {"VAL_DOC_FRACTION", Decides::only, "1"},
    {"GLOBAL_TTT_WARMUP_CHUNKS", Decides::only, "0"},
    {"GLOBAL_TTT_RESPECT_DOC_BOUNDARIES", Decides::only, "1"},
};

// Of data, logs, what is off, and batches that change no result.
// clang-format off
constexpr const char* kWithoutBearing[] = {
    "ARTIFACT_DIR", "CACHE_ALPHA", "CASEOPS_ENABLED", "COMPRESSOR", "CUDA_GRAPHS", "DATASETS_DIR", "DATA_DIR",
    "DATA_PATH", "EMA_ENABLED", "EMBED_LR", "GLOBAL_TTT_WARMUP_START_LR", "GPTQ_CALIBRATION_BATCHES",
    "GPTQ_RESERVE_SECONDS", "HEAD_LR", "LOCAL_RANK", "MUON_BETA2", "PHASED_TTT_ENABLED", "PPM_ALPHA", "PRORES_WINDOW",
    "QAT_ENABLED", "QAT_TIME_FRAC", "RANK", "ROPE_TRAIN_SEQ_LEN", "RUN_ID", "SEED", "SLIDING_WINDOW_ENABLED",
    "SWA_ENABLED", "TEXT_TRANSFORM", "TOKENIZER_PATH", "TRAIN_FILES", "TTT_ENABLED", "TTT_TIME_LIMIT", "USE_CACHE",
    "USE_EMA", "USE_LATE_QAT", "USE_TTT", "VAL_BATCH_SIZE", "VAL_FILES", "VAL_LOSS_EVERY", "WORLD_SIZE"};
// clang-format on

// What the scripts do without a name, where the submission ran with another value of it.
struct ScriptDefault {
  const char *pr, *name, *value;
};
constexpr ScriptDefault kDefaults[] = {
    {"2143", "VOCAB_SIZE", "8192"},      {"2143", "NUM_LAYERS", "11"},
    {"2143", "SMEAR_GATE_ENABLED", "0"}, {"2143", "SPARSE_ATTN_GATE_ENABLED", "0"},
    {"2143", "MATRIX_BITS", "6"},        {"2143", "MATRIX_BITS_KV", "0"},
    {"2143", "MATRIX_BITS_MLP_FC", "0"}, {"2143", "EMBED_BITS", "8"},
    {"2143", "EMBED_CLIP_SIGMAS", "20"}, {"2143", "HADAMARD_ROTATE", "0"},
    {"2143", "LQER_ENABLED", "0"},       {"2143", "TTT_LORA_RANK", "96"},
    {"2143", "TTT_BETA2", "0.999"},      {"2143", "TTT_WEIGHT_DECAY", "1.0"},
    {"2097", "TTT_LORA_LR", "0.0001"},   {"2097", "PHASED_TTT_PREFIX_DOCS", "3000"},
};

// Whether two texts mean the same: "1.0" is "1".
bool same_value(const std::string& a, const std::string& b) {
  if (a == b) return true;
  try {
    return std::stod(a) == std::stod(b);
  } catch (const std::exception&) {
    return false;
  }
}

// The text of an environment variable as a value of the field's type.
Json value_of(const std::string& text, const std::string& type) {
  if (type == "boolean") return text != "0";
  if (type == "integer") return static_cast<int64_t>(std::stod(text));
  if (type == "number") return std::stod(text);
  return text;
}

void set_field(Config& config, const std::string& origin, const EnvName& row, const std::string& text) {
  const Field& field = config_field(row.what);
  const bool off = row.decides == Decides::off;
  field.set(config, off ? (field.type == "integer" ? Json(0) : Json("none")) : value_of(text, field.type), origin);
}

void require_known(const GoldenFile& file) {
  for (const std::string& name : file.env_names()) {
    const bool known = std::any_of(std::begin(kNames), std::end(kNames), [&](auto& row) { return row.name == name; }) ||
                       std::count(std::begin(kWithoutBearing), std::end(kWithoutBearing), name) > 0;
    if (!known)
      fail(ErrorKind::usage,
           "{}: {} is a name that the tests do not know; say in tests/support/golden_env.cc what it "
           "decides",
           file.name(), name);
  }
}

}  // namespace

std::optional<std::string> env_of(const GoldenFile& file, const std::string& pr, const std::string& name) {
  if (auto text = file.env(name)) return text;
  for (const ScriptDefault& d : kDefaults)
    if (d.pr == pr && d.name == name) return d.value;
  return {};
}

void apply_env(Config& config, const GoldenFile& file, const std::string& pr) {
  require_known(file);
  const bool phased = config.ttt.kind == TttKind::phased_lora;
  for (const EnvName& row : kNames) {
    const auto text = env_of(file, pr, row.name);
    if (!text || row.decides == Decides::derived) continue;
    const std::string origin = file.name() + ": " + row.name;
    if (row.decides == Decides::only) {
      if (!same_value(*text, row.what))
        fail(ErrorKind::usage, "{}={} has no counterpart; the tests know {} alone", origin, *text, row.what);
    } else if (row.decides == Decides::off       ? *text == "0"
               : row.decides == Decides::base    ? !phased
               : row.decides == Decides::trained ? file.contains("train_loss")
               : row.decides == Decides::phased  ? phased
                                                 : true) {
      set_field(config, origin, row, *text);
    }
  }
}

}  // namespace pgolf
