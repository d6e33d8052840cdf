#include "tests/support/golden_config.h"

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "engine/config/fields.h"
#include "tests/support/golden_env.h"
#include "tests/support/source_dir.h"

namespace pgolf {
namespace {

constexpr int64_t kBatchSeqs849 = 8;  // an argument of the call that made the files; its script reads no such name

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

std::vector<int64_t> list_of(const std::string& text) {
  std::vector<int64_t> out;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, ',');) out.push_back(std::stoll(item));
  return out;
}

// What follows from a name of the file's environment without being a field's value.
class Derived {
 public:
  Derived(const GoldenFile& file, const std::string& pr) : file_(file), pr_(pr) {}

  void model(Config& config, double mlp_mult) const {
    ModelConfig& m = config.model;
    check(number("EMBEDDING_DIM", static_cast<double>(m.model_dim)) == static_cast<double>(m.model_dim),
          "{}: EMBEDDING_DIM other than MODEL_DIM has no counterpart", file_.name());
    m.mlp_hidden = static_cast<int64_t>(number("MLP_MULT", mlp_mult) * static_cast<double>(m.model_dim));
    m.xsa_last_n = std::min(m.xsa_last_n, m.num_layers);
    if (const auto layers = file_.env("VE_LAYERS"); layers && !m.value_embed_layers.empty())
      m.value_embed_layers = list_of(*layers);
    if (is("VE_ENABLED", "0")) m.value_embed_layers.clear();
    if (is("SKIP_GATES_ENABLED", "0")) m.skips = Skips::add;
    if (is("GATED_ATTN_ENABLED", "1")) m.attn_gate = AttnGate::dense;
    if (is("ATTN_OUT_GATE_ENABLED", "1")) m.attn_gate = AttnGate::attn_out;
    if (is("ROPE_YARN", "1")) m.rope_scaling = RopeScaling::ntk;
    if (pr_ == "2143" || pr_ == "2097") m.rope_train_seq_len = config.train.seq_len;
    if (pr_ == "334" || pr_ == "754") config.eval.seq_len = config.train.seq_len;  // these have no other
    m.label_smoothing_form = SmoothingForm::standard;  // the fused path of PR 2097 needs a GPU
    m.init_rounding = m.table_rounding = config.muon.state_rounding = Rounding::f32;
    m.rope_freqs = RopeFreqs::f32;
  }

  void training(Config& config) const {
    TrainConfig& t = config.train;
    t.world_size = file_.meta().at("world_size").get<int64_t>();
    t.grad_accum_steps /= t.world_size;
    if (const auto seqs = file_.env("MICRO_BATCH_SEQS"))
      t.grad_accum_steps = t.batch_tokens / (t.world_size * t.seq_len * std::stoll(*seqs));
    if (t.max_wallclock_seconds == 0) t.clock_reserve_seconds = 0;
    if (t.world_size == 1) config.muon.warmup_momentum_kept = false;  // the script forgets it between ranks alone
    if (!file_.env("EMBED_WD")) config.adam.tok_weight_decay = config.adam.scalar_weight_decay;
  }

  void ttt(TttConfig& t) const {
    if (is("ADAPTIVE_LR", "0")) t.lr_ramp = 1.0;
    if (is("USE_POLYAK", "0")) t.polyak_decay = 0.0;
    if (is("USE_MIXER", "0")) t.mixer = false;
    if (pr_ == "849") t.batch_seqs = kBatchSeqs849;
    if (pr_ == "2097") {
      if (env_of(file_, pr_, "TTT_LORA_LR")) t.lora_lr *= number("TTT_LOCAL_LR_MULT", 0.75);
      const std::string mask = file_.env("TTT_MASK").value_or("no_qv");
      if (!file_.env("TTT_Q_LORA")) t.lora_q = mask != "no_q" && mask != "no_qv";
      if (!file_.env("TTT_V_LORA")) t.lora_v = mask != "no_v" && mask != "no_qv";
    }
    t.qat = false;  // golden files are computed without late QAT
    t.time_limit_seconds = 0;
  }

 private:
  bool is(const char* name, const char* value) const { return file_.env(name).value_or("") == value; }
  double number(const char* name, double fallback) const {
    const auto text = file_.env(name);
    return text ? std::stod(*text) : fallback;
  }

  const GoldenFile& file_;
  const std::string& pr_;
};

// The number after `key` in the script's own log.
double logged(const GoldenFile& file, const std::string& key, double fallback) {
  for (const auto& line : file.meta().value("log", Json::array())) {
    const auto text = line.get<std::string>();
    if (const auto at = text.find(key); at != std::string::npos) return std::stod(text.substr(at + key.size()));
  }
  return fallback;
}

}  // namespace

std::string golden_pr(const GoldenFile& file) {
  if (file.meta().contains("pr")) return file.meta().at("pr").get<std::string>();
  const std::string& name = file.name();
  const size_t begin = name.find('_') + 1;
  return name.substr(begin, name.find('_', begin) - begin);
}

Config submission_config(const std::string& pr) {
  const std::string path = (source_dir() / ("submissions/pr-" + pr) / "submission.toml").string();
  const toml::table table = toml::parse_file(path);
  Config config;
  const toml::table* sections = table["config"].as_table();
  check(sections != nullptr, "{}: no [config]", path);
  for (const auto& [section, fields] : *sections)
    for (const auto& [name, value] : *fields.as_table())
      set_config_field(config, std::string(section.str()) + "." + std::string(name.str()), to_json(value), path);
  return config;
}

Config golden_quant_config(const GoldenFile& file) {
  const std::string pr = golden_pr(file);
  Config config = submission_config(pr);
  apply_env(config, file, pr);
  return config;
}

Config golden_config(const GoldenFile& file) {
  const std::string pr = golden_pr(file);
  Config config = submission_config(pr);
  const double mlp_mult = static_cast<double>(config.model.mlp_hidden) / static_cast<double>(config.model.model_dim);
  config.train.grad_accum_steps *= config.train.world_size;  // one process computed them
  config.train.world_size = 1;
  apply_env(config, file, pr);
  const Derived derived(file, pr);
  derived.model(config, mlp_mult);
  if (file.contains("train_loss"))
    derived.training(config);
  else  // nothing is trained, and the file of a model has no windows: sizes that fit its rows
    config.train.batch_tokens = config.train.seq_len * config.train.grad_accum_steps;
  if (!file.env("EVAL_STRIDE")) config.eval.stride = std::min(config.eval.stride, config.eval.seq_len);
  derived.ttt(config.ttt);
  validate_config(config, [&](std::string_view) { return file.name(); });
  return config;
}

Config golden_config(const GoldenFile& file, const std::string& evaluation) {
  Config config = golden_config(file);
  config.ttt.polyak_decay = logged(file, "Polyak averaging enabled: decay=", config.ttt.polyak_decay);
  config.ttt.mixer = evaluation == "score_first_ttt_mixer1";
  return config;
}

}  // namespace pgolf
