#include "tests/support/golden_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <span>
#include <sstream>

#include "base/error.h"
#include "engine/config/fields.h"

namespace pgolf {
namespace {

struct EnvField {
  const char* env;
  const char* key;
};

// Upstream names whose value is the field's value. One list for all submissions: none uses a name for two things.
constexpr EnvField kEnvFields[] = {
    {"VOCAB_SIZE", "model.vocab_size"},
    {"NUM_LAYERS", "model.num_layers"},
    {"MODEL_DIM", "model.model_dim"},
    {"NUM_HEADS", "model.num_heads"},
    {"NUM_KV_HEADS", "model.num_kv_heads"},
    {"LOGIT_SOFTCAP", "model.logit_softcap"},
    {"ROPE_BASE", "model.rope_base"},
    {"ROPE_DIMS", "model.rope_dims"},
    {"QK_GAIN_INIT", "model.qk_gain_init"},
    {"LN_SCALE", "model.ln_scale"},
    {"BIGRAM_VOCAB_SIZE", "model.bigram_vocab_size"},
    {"BIGRAM_DIM", "model.bigram_dim"},
    {"GATE_WINDOW", "model.gate_window"},
    {"XSA_LAST_N", "model.xsa_last_n"},
    {"VE_DIM", "model.value_embed_dim"},
    {"SPARSE_ATTN_GATE_SCALE", "model.attn_gate_scale"},
    {"DTG_ENABLED", "model.dtg_gate"},
    {"LOOP_START", "model.loop_start"},
    {"LOOP_END", "model.loop_end"},
    {"NUM_LOOPS", "model.num_loops"},
    {"PARALLEL_RESIDUAL_START", "model.parallel_start_layer"},
    {"PARALLEL_START_LAYER", "model.parallel_start_layer"},
    {"PARALLEL_FINAL_LANE", "model.parallel_final_lane"},
    {"ASYM_LOGIT_RESCALE", "model.asymmetric_softcap"},
    {"LABEL_SMOOTH", "model.label_smoothing"},
    {"TIED_EMBED_INIT_STD", "model.tied_embed_init_std"},
    {"CROWN_Q_LAMBDA", "qat.crown_q_lambda"},
    {"TRAIN_SEQ_LEN", "train.seq_len"},
    {"EVAL_SEQ_LEN", "eval.seq_len"},
    {"EVAL_STRIDE", "eval.stride"},
    {"VAL_BATCH_TOKENS", "eval.packed_batch_tokens"},
    {"TTT_TEMPERATURE", "ttt.temperature"},
    {"POLYAK_DECAY", "ttt.polyak_decay"},
    {"MIXER_ETA", "ttt.mixer_eta"},
    {"TTT_LORA_RANK", "ttt.lora_rank"},
    {"TTT_LORA_ALPHA", "ttt.lora_alpha"},
    {"TTT_BATCH_SIZE", "ttt.doc_batch"},
    {"TTT_CHUNK_SIZE", "ttt.doc_chunk_tokens"},
    {"TTT_EVAL_SEQ_LEN", "ttt.doc_context_tokens"},
    {"PHASED_TTT_PREFIX_DOCS", "ttt.prefix_docs"},
    {"PHASED_TTT_NUM_PHASES", "ttt.phases"},
};

// Of the base model and its optimizer: the names depend on the kind of test-time training.
constexpr EnvField kEnvTtt[] = {
    {"TTT_LR", "ttt.lr"},
    {"TTT_EPOCHS", "ttt.epochs"},
    {"TTT_CHUNK_TOKENS", "ttt.chunk_tokens"},
    {"TTT_MOMENTUM", "ttt.momentum"},
    {"TTT_BATCH_SEQS", "ttt.batch_seqs"},
    {"TTT_GRAD_CLIP", "ttt.max_norm"},
    {"TTT_FREEZE_BLOCKS", "ttt.freeze_blocks"},
};
constexpr EnvField kEnvPhasedTtt[] = {
    {"GLOBAL_TTT_LR", "ttt.lr"},
    {"GLOBAL_TTT_EPOCHS", "ttt.epochs"},
    {"GLOBAL_TTT_CHUNK_TOKENS", "ttt.chunk_tokens"},
    {"GLOBAL_TTT_MOMENTUM", "ttt.momentum"},
    {"GLOBAL_TTT_BATCH_SEQS", "ttt.batch_seqs"},
    {"GLOBAL_TTT_GRAD_CLIP", "ttt.max_norm"},
    {"TTT_LORA_LR", "ttt.lora_lr"},
    {"TTT_BETA1", "ttt.beta1"},
    {"TTT_BETA2", "ttt.beta2"},
    {"TTT_WEIGHT_DECAY", "ttt.weight_decay"},
};

// Upstream switches that turn a technique off ("0") or keep the submission's choice ("1").
constexpr EnvField kEnvSwitches[] = {
    {"USE_SMEARGATE", "model.smear"},
    {"SMEAR_GATE_ENABLED", "model.smear"},
    {"USE_VALUE_RESIDUAL", "model.value_residual"},
    {"USE_GATED_ATTENTION", "model.attn_gate"},
    {"SPARSE_ATTN_GATE_ENABLED", "model.attn_gate"},
};

// PR 2143 ran with values that are not its script's defaults; a golden file without the name has the default.
constexpr EnvField kDefaults2143[] = {
    {"VOCAB_SIZE", "8192"}, {"NUM_LAYERS", "11"}, {"SMEAR_GATE_ENABLED", "0"}, {"SPARSE_ATTN_GATE_ENABLED", "0"}};

Json to_json(const toml::node& node) {
  if (const auto* v = node.as_boolean()) return v->get();
  if (const auto* v = node.as_integer()) return v->get();
  if (const auto* v = node.as_floating_point()) return v->get();
  if (const auto* v = node.as_string()) return v->get();
  Json out = Json::array();
  if (const auto* array = node.as_array())
    for (const toml::node& element : *array) out.push_back(to_json(element));
  return out;
}

// The text of an environment variable as a value of the field's type.
Json value_of(const std::string& text, const std::string& type) {
  if (type == "boolean") return text != "0";
  if (type == "integer") return static_cast<int64_t>(std::stod(text));
  if (type == "number") return std::stod(text);
  return text;
}

void set_from_env(Config& config, const GoldenFile& file, const EnvField& field, const std::string& text) {
  for (const Field& f : config_fields(config))
    if (f.key == field.key) f.set(value_of(text, f.type), file.name() + ": " + field.env);
}

std::string env_of(const GoldenFile& file, const std::string& pr, const char* name) {
  std::string fallback;
  if (pr == "2143")
    for (const EnvField& d : kDefaults2143)
      if (std::string(d.env) == name) fallback = d.key;
  return file.env(name, fallback);
}

std::vector<int64_t> list_of(const std::string& text) {
  std::vector<int64_t> out;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, ',');) out.push_back(std::stoll(item));
  return out;
}

void apply_ttt(Config& config, const GoldenFile& file, const std::string& pr) {
  TttConfig& t = config.ttt;
  const bool phased = t.kind == TttKind::phased_lora;
  for (const EnvField& field : phased ? std::span<const EnvField>(kEnvPhasedTtt) : std::span<const EnvField>(kEnvTtt))
    if (const std::string text = env_of(file, pr, field.env); !text.empty()) set_from_env(config, file, field, text);
  if (pr == "849") t.batch_seqs = 8;  // an argument of the call that made the files; its script reads no such name
  if (pr == "2097") {
    if (!file.env("TTT_LORA_LR", "").empty()) t.lora_lr *= file.env_double("TTT_LOCAL_LR_MULT", 0.75);
    const std::string mask = file.env("TTT_MASK", "no_qv");
    t.lora_q = mask != "no_q" && mask != "no_qv";
    t.lora_v = mask != "no_v" && mask != "no_qv";
  }
  t.qat = false;  // golden files are computed without late QAT
  t.time_limit_seconds = 0;
}

// What does not map one to one.
void apply_special(Config& config, const GoldenFile& file, const std::string& pr, double mlp_mult) {
  ModelConfig& m = config.model;
  m.mlp_hidden = static_cast<int64_t>(file.env_double("MLP_MULT", mlp_mult) * static_cast<double>(m.model_dim));
  m.xsa_last_n = std::min(m.xsa_last_n, m.num_layers);
  if (const std::string layers = file.env("VE_LAYERS", ""); !layers.empty() && !m.value_embed_layers.empty())
    m.value_embed_layers = list_of(layers);
  if (file.env("VE_ENABLED", "1") == "0") m.value_embed_layers.clear();
  if (file.env("SKIP_GATES_ENABLED", "1") == "0") m.skips = Skips::add;
  if (file.env("GATED_ATTN_ENABLED", "0") == "1") m.attn_gate = AttnGate::dense;
  if (file.env("ATTN_OUT_GATE_ENABLED", "0") == "1") m.attn_gate = AttnGate::attn_out;
  if (file.env("ROPE_YARN", "0") == "1") m.rope_scaling = RopeScaling::ntk;
  if (pr == "2143" || pr == "2097") m.rope_train_seq_len = config.train.seq_len;
  if (file.env("EVAL_SEQ_LEN", "").empty() && (pr == "334" || pr == "754")) config.eval.seq_len = config.train.seq_len;
  config.train.grad_accum_steps *= config.train.world_size;  // one process computed them
  config.train.world_size = 1;
  apply_ttt(config, file, pr);
  m.label_smoothing_form = SmoothingForm::standard;  // the fused path of PR 2097 needs a GPU
  m.init_rounding = m.table_rounding = config.muon.state_rounding = Rounding::f32;
  m.rope_freqs = RopeFreqs::f32;
}

}  // namespace

std::string golden_pr(const GoldenFile& file) {
  if (file.meta().contains("pr")) return file.meta().at("pr").get<std::string>();
  const std::string& name = file.name();
  const size_t begin = name.find('_') + 1;
  return name.substr(begin, name.find('_', begin) - begin);
}

Config submission_config(const std::string& pr) {
  const std::string path = std::string(PGOLF_SOURCE_DIR) + "/submissions/pr-" + pr + "/submission.toml";
  const toml::table table = toml::parse_file(path);
  Config config;
  const toml::table* sections = table["config"].as_table();
  check(sections != nullptr, "{}: no [config]", path);
  for (const auto& [section, fields] : *sections)
    for (const auto& [name, value] : *fields.as_table())
      set_config_field(config, std::string(section.str()) + "." + std::string(name.str()), to_json(value), path);
  return config;
}

Config golden_config(const GoldenFile& file) {
  const std::string pr = golden_pr(file);
  Config config = submission_config(pr);
  const double mlp_mult = static_cast<double>(config.model.mlp_hidden) / static_cast<double>(config.model.model_dim);
  for (const EnvField& field : kEnvFields)
    if (const std::string text = env_of(file, pr, field.env); !text.empty()) set_from_env(config, file, field, text);
  for (const EnvField& field : kEnvSwitches)
    if (env_of(file, pr, field.env) == "0") set_from_env(config, file, field, "none");
  apply_special(config, file, pr, mlp_mult);
  validate_config(config, [&](std::string_view) { return file.name(); });
  return config;
}

}  // namespace pgolf
