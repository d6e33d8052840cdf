#include "engine/config/fields.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "engine/config/enum_names.h"

namespace pgolf {
namespace {

[[noreturn]] void fail_type(std::string_view origin, const std::string& key, const std::string& type,
                            const Json& value) {
  const bool not_finite = value.is_number_float() && !std::isfinite(value.get<double>());
  fail(ErrorKind::usage, "{}: {}: expected {}, got {}", origin, key, type,
       not_finite ? "a number that is not finite" : value.dump());
}

// Of 64 bits with a sign: JSON text can hold larger ones.
bool is_integer(const Json& json) {
  return json.is_number_integer() && !(json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{INT64_MAX});
}

// Collects the rows; one overload of add() per type a field can have.
class Table {
 public:
  explicit Table(std::vector<Field>& out) : out_(out) {}

  Table& section(std::string name) {
    section_ = std::move(name);
    return *this;
  }

  Table& add(const char* name, bool& value, const char* doc) {
    return row(name, "boolean", doc, value, [](const Json& j) { return j.is_boolean(); });
  }
  Table& add(const char* name, int64_t& value, const char* doc) { return row(name, "integer", doc, value, is_integer); }
  Table& add(const char* name, double& value, const char* doc) {
    return row(name, "number", doc, value,
               [](const Json& j) { return j.is_number() && std::isfinite(j.get<double>()); });
  }
  Table& add(const char* name, std::string& value, const char* doc) {
    return row(name, "string", doc, value, [](const Json& j) { return j.is_string(); });
  }
  Table& add(const char* name, std::vector<int64_t>& value, const char* doc) {
    return row(name, "integers", doc, value,
               [](const Json& j) { return j.is_array() && std::all_of(j.begin(), j.end(), is_integer); });
  }
  template <class E>
  requires std::is_enum_v<E> Table& add(const char* name, E& value, const char* doc) {
    const auto& names = enum_names(E{});
    std::string type = "one of ";
    for (size_t i = 0; i < names.size(); ++i) type += (i ? ", " : "") + std::string(names[i]);
    const std::string key = section_ + "." + name;
    out_.push_back({key, type, doc, [&value, &names] { return Json(names[static_cast<size_t>(value)]); },
                    [&value, &names, key, type](const Json& json, std::string_view origin) {
                      if (json.is_string())
                        for (size_t i = 0; i < names.size(); ++i)
                          if (json.get<std::string>() == names[i]) {
                            value = static_cast<E>(i);
                            return;
                          }
                      fail_type(origin, key, type, json);
                    }});
    return *this;
  }

 private:
  template <class T, class Accepts>
  Table& row(const char* name, const char* type, const char* doc, T& value, Accepts accepts) {
    const std::string key = section_ + "." + name;
    out_.push_back({key, type, doc, [&value] { return Json(value); },
                    [&value, accepts, key, type = std::string(type)](const Json& json, std::string_view origin) {
                      if (!accepts(json)) fail_type(origin, key, type, json);
                      value = json.get<T>();
                    }});
    return *this;
  }

  std::vector<Field>& out_;
  std::string section_;
};

#define FIELD(name, doc) .add(#name, s.name, doc)

void model_fields(Table& table, ModelConfig& s) {
  table.section("model") FIELD(vocab_size, "entries of the tokenizer and of the tied embedding") FIELD(
      num_layers, "physical blocks") FIELD(model_dim, "width D of the residual stream") FIELD(num_heads,
                                                                                              "query heads H")
      FIELD(num_kv_heads, "key/value heads G; query head h uses group h / (H/G)") FIELD(
          mlp_hidden, "hidden width of the MLP") FIELD(mlp_slope, "negative slope of the squared leaky ReLU")
          FIELD(logit_softcap, "C of C tanh(logits / C)") FIELD(rope_base, "base of the rotary frequencies") FIELD(
              rope_dims,
              "leading dimensions of a head that rotate") FIELD(rope_scaling,
                                                                "ntk: rescale the base beyond rope_train_seq_len")
              FIELD(rope_train_seq_len, "T0 of the ntk rule, tokens") FIELD(
                  rope_freqs, "bf16: rounded as in a cast buffer; bf16_eager: uncompiled, positions too")
                  FIELD(qk_gain_init, "initial gain per query head after norm and rotation") FIELD(
                      ln_scale,
                      "scale both norms of block i by 1/sqrt(i+1)") FIELD(bigram_vocab_size,
                                                                          "buckets of the bigram hash embedding; 0: "
                                                                          "none") FIELD(bigram_dim,
                                                                                        "width of the bigram embedding")
                      FIELD(bigram_hash, "additive (PR 334) or xor (PR 754, 849)") FIELD(
                          smear,
                          "blend with the previous token: fixed gate per dimension, or windowed gate per position")
                          FIELD(gate_window, "leading dimensions that windowed gates read") FIELD(
                              skips, "U-Net skips: weighted sum, or gated interpolation")
                              FIELD(xsa_last_n, "last layers whose attention output is made orthogonal to the own "
                                                "value") FIELD(
                                  value_residual,
                                  "blend: with layer 0's values; input: lambda x0 added to the block output")
                                  FIELD(value_embed_layers, "layers whose values get a token embedding added") FIELD(
                                      value_embed_dim, "width of the value embedding table")
                                      FIELD(attn_gate, "gate per head on the attention output") FIELD(
                                          attn_gate_scale, "factor inside the sparse gate's sigmoid")
                                          FIELD(dtg_gate, "gate on the block's change, from its detached input") FIELD(
                                              loop_start,
                                              "first layer of the recurrent part") FIELD(loop_end,
                                                                                         "last layer of the recurrent "
                                                                                         "part")
                                              FIELD(num_loops, "extra passes over the recurrent part; 0: none") FIELD(
                                                  parallel_residual,
                                                  "attention and MLP read the same input from parallel_start_layer on: "
                                                  "summed, or two lanes") FIELD(parallel_start_layer,
                                                                                "first parallel layer")
                                                  FIELD(parallel_final_lane, "what two lanes give at the end") FIELD(
                                                      asymmetric_softcap,
                                                      "separate learned caps for positive and negative logits, outside "
                                                      "the training loss")
                                                      FIELD(label_smoothing, "epsilon of label smoothing") FIELD(
                                                          label_smoothing_form,
                                                          "as_run: PR 2097's constant; standard: a uniform mixture of "
                                                          "targets") FIELD(param_banks,
                                                                           "store the matrices of one kind as one "
                                                                           "tensor")
                                                          FIELD(
                                                              tied_embed_init_std,
                                                              "standard deviation of the token embedding at the start")
                                                              FIELD(tok_emb_init,
                                                                    "when the token embedding is drawn: at "
                                                                    "construction, or in the initialisation pass")
                                                                  FIELD(small_proj_depth_scale,
                                                                        "bigram and value projections start times "
                                                                        "1/sqrt(2 num_layers)")
                                                                      FIELD(init_rounding,
                                                                            "type the initial weights are rounded to")
                                                                          FIELD(table_rounding,
                                                                                "type that embedding tables and their "
                                                                                "optimizer state are kept in");
}

void train_fields(Table& table, DataConfig& s) {
  table.section("data") FIELD(caseops, "text is case-encoded before tokenization")
      FIELD(byte_count, "bytes of a target: from the tokenizer's table, or from a sidecar file")
          FIELD(bos_id, "token that starts a document");
}

void train_fields(Table& table, TrainConfig& s) {
  table.section("train") FIELD(seq_len, "tokens of a training row")
      FIELD(batch_tokens, "tokens of an optimizer step, all ranks together")
          FIELD(world_size, "ranks whose data order and per-rank state the submission assumes")
              FIELD(grad_accum_steps, "micro-batches of a step, each rank")
                  FIELD(loader, "stream: PR 334, 754, 849; shuffled: 2143; packed: 2097")
                      FIELD(cu_bucket, "packed loader: cu_seqlens length is a multiple of this")
                          FIELD(iterations, "optimizer steps at most")
                              FIELD(max_wallclock_seconds, "training clock limit; 0: none")
                                  FIELD(clock_reserve_seconds, "seconds of the limit kept for what follows the loop")
                                      FIELD(warmup_steps, "steps before the clock starts, undone afterwards")
                                          FIELD(log_every, "steps between loss readings");
}

void train_fields(Table& table, ScheduleConfig& s) {
  table.section("schedule") FIELD(kind, "step_time: warmdown in mean step times; fraction: of the training time")
      FIELD(warmdown_iters, "step_time: length of the warmdown, steps")
          FIELD(step0_ms, "step_time: step time assumed before the first step, ms; 0: the time elapsed")
              FIELD(warmdown_frac, "fraction: part of the training time that is warmdown")
                  FIELD(min_lr, "fraction: smallest learning-rate scale")
                      FIELD(loop_at_fraction, "training fraction at which depth recurrence is switched on");
}

void optim_fields(Table& table, MuonConfig& s) {
  table.section("muon") FIELD(members, "all_2d: every 2-D tensor but tok_emb; block_matrices: weights of linear maps")
      FIELD(lr, "learning rate") FIELD(momentum, "final momentum") FIELD(momentum_start, "momentum at step 0")
          FIELD(momentum_warmup_steps, "steps of linear momentum warm-up") FIELD(ns_steps, "Newton-Schulz iterations")
              FIELD(coefficients, "of the Newton-Schulz iteration")
                  FIELD(weight_decay, "decoupled, times the learning rate")
                      FIELD(decay_after_step, "decay the updated instead of the old weights (PR 334)")
                          FIELD(row_normalize, "rows of the update to unit length before orthogonalisation")
                              FIELD(centralize, "subtract the mean after row normalisation")
                                  FIELD(state_rounding, "type that gradient, momentum and update are kept in")
                                      FIELD(warmup_momentum_kept,
                                            "the momentum survives the rollback after warm-up (PR 2097)");
}

void optim_fields(Table& table, AdamConfig& s) {
  table.section("adam") FIELD(tok_lr, "learning rate of embedding tables")
      FIELD(tok_weight_decay, "decoupled decay of embedding tables") FIELD(scalar_lr, "learning rate of small tensors")
          FIELD(scalar_weight_decay, "decoupled decay of small tensors") FIELD(beta1, "first moment")
              FIELD(beta2, "second moment") FIELD(eps, "added to the root");
}

void optim_fields(Table& table, ClipConfig& s) {
  table.section("clip") FIELD(max_norm, "global gradient norm at most; 0: no clipping")
      FIELD(per_rank, "clip each rank by its own norm before reduction (PR 754, 2097)");
}

void optim_fields(Table& table, AverageConfig& s) {
  table.section("average") FIELD(ema_decay, "0: no exponential moving average")
      FIELD(swa, "raw_below_scale: mean of raw weights (PR 334); ema_every: mean of EMA states (PR 754)")
          FIELD(swa_below_scale, "collect where the learning-rate scale is below this")
              FIELD(swa_every, "collect at steps divisible by this") FIELD(export_weights, "which weights are packed");
}

void quant_fields(Table& table, QatConfig& s) {
  table.section("qat") FIELD(scope, "linears that train on fake-quantised weights; none: no rounding")
      FIELD(start, "what start_at is compared with") FIELD(start_at, "training fraction, or learning-rate scale")
          FIELD(clip, "codes go from -clip-1 to clip") FIELD(quantile, "of |row| that maps to clip")
              FIELD(soft_round, "differentiable rounding instead of straight-through")
                  FIELD(crown_q_lambda, "weight of the CROWN-Q penalty on all linears; 0: none");
}

void quant_fields(Table& table, QuantConfig& s) {
  table.section("quant") FIELD(scheme, "row_absmax: PR 334; gptq_lite: 754; gptq_ascending: 849; gptq: 2143, 2097")
      FIELD(keep_float_max_numel, "tensors of up to this many elements stay floating point") FIELD(
          keep_f32_names, "small tensors with one of these in their name stay float32, others float16")
          FIELD(keep_f16_names, "tensors of any size with one of these in their name stay float16") FIELD(
              matrix_bits, "bits of attention and MLP matrices") FIELD(matrix_bits_kv,
                                                                       "gptq: bits of c_k and c_v; 0: matrix_bits")
              FIELD(matrix_bits_mlp_fc, "gptq: bits of mlp.fc; 0: matrix_bits") FIELD(
                  matrix_bits_mlp_proj,
                  "gptq: bits of mlp.proj; 0: matrix_bits") FIELD(embed_bits,
                                                                  "gptq: bits of tok_emb; row_absmax, gptq_ascending: "
                                                                  "of all tables")
                  FIELD(int6_last_n, "gptq_ascending: matrices of this many last blocks get 6 bits") FIELD(
                      prune_fraction,
                      "fraction of each large matrix, smallest magnitudes first, that becomes zero before quantisation")
                      FIELD(matrix_clip_sigmas,
                            "gptq: the largest code stands for this many standard deviations of the row")
                          FIELD(attn_clip_sigmas, "the same for attention matrices; 0: matrix_clip_sigmas") FIELD(
                              mlp_clip_sigmas, "the same for MLP matrices; 0: matrix_clip_sigmas")
                              FIELD(embed_clip_sigmas, "the same for tok_emb") FIELD(
                                  hadamard, "gptq: rotate the inputs of all matrices but tok_emb by a Hadamard matrix")
                                  FIELD(gate_int8_rows, "attn_gate_w as int8 with a scale per row") FIELD(
                                      lqer_top_k, "matrices of largest error that get a low-rank correction; 0: none")
                                      FIELD(lqer_rank, "rank of the correction") FIELD(
                                          lqer_asym,
                                          "correction factors in 2 and 4 bits on lopsided grids, where the group "
                                          "divides the factor") FIELD(lqer_asym_group,
                                                                      "elements that share a scale in the right factor")
                                          FIELD(lqer_factor_bits, "bits of symmetric correction factors")
                                              FIELD(lqer_scope, "matrices that may get a correction") FIELD(
                                                  lqer_gain_select,
                                                  "rank by the error that the correction removes, not by the error")
                                                  FIELD(awq_top_k,
                                                        "groups of columns, over all matrices, that keep more bits; 0: "
                                                        "none") FIELD(awq_group_size, "adjacent columns of a group")
                                                      FIELD(awq_bits, "bits inside a kept group")
                                                          FIELD(calibration_batches,
                                                                "batches of training rows for the Hessians")
                                                              FIELD(calibration_batch_seqs, "rows of such a batch");
}

void quant_fields(Table& table, CodecConfig& s) {
  table.section("codec") FIELD(codec, "zstd: PR 334, 754, 849; brotli_shuffle: 2143; per_group: 2097")
      FIELD(level, "zstd level 1..22, or Brotli quality 0..11") FIELD(brotli_window, "log2 of Brotli's window, 10..24")
          FIELD(shuffle_stride, "brotli_shuffle: distance of bytes that are brought together")
              FIELD(lrzip_level, "per_group: 1..9");
}

void eval_fields(Table& table, EvalConfig& s) {
  table.section("eval") FIELD(seq_len, "tokens of an evaluation window") FIELD(batch_seqs, "windows of a batch")
      FIELD(plain, "windows of the plain pass: consecutive, sliding, or packed into rows (PR 2097)")
          FIELD(packed_batch_tokens, "packed: tokens of a batch, all ranks together; only whole batches are scored")
              FIELD(sliding, "a pass with sliding windows is made")
                  FIELD(sliding_form, "how sliding windows start and end") FIELD(stride, "targets of a sliding window")
                      FIELD(probes, "targets at which normalisation and causality of the scored pass are measured");
}

void eval_fields(Table& table, TttConfig& s) {
  table.section("ttt") FIELD(enabled, "adapt the model on validation text") FIELD(
      kind,
      "before_scoring: PR 334; chunked: 754, 849; phased_lora: 2143, 2097") FIELD(trains,
                                                                                  "of the base model: all (754, 2143, "
                                                                                  "2097), no_embeddings (334), "
                                                                                  "last_blocks and every scale (849)")
      FIELD(freeze_blocks, "leading blocks that stay fixed; with last_blocks the number of last blocks that do not")
          FIELD(optimizer, "of the base model") FIELD(epochs, "passes over what the base model is trained on") FIELD(
              lr, "peak learning rate of the base model") FIELD(momentum, "SGD momentum")
              FIELD(max_norm, "gradients of the base model are clipped to this norm; 0: not") FIELD(
                  chunk_tokens, "targets of a chunk that the base model is trained on")
                  FIELD(batch_seqs, "sequences of a batch on one rank, scored or trained on") FIELD(
                      beta1, "AdamW, of the base model or with phased_lora of the adapters") FIELD(beta2, "AdamW")
                      FIELD(eps, "AdamW") FIELD(weight_decay, "AdamW, times the learning rate") FIELD(
                          qat, "chunked: training rounds the linears of qat.scope, the small ones if none (754)")
                          FIELD(byte_weighted, "chunked: targets weigh as many times as they have bytes (849)") FIELD(
                              lr_ramp, "chunked: factor on the learning rate, reached after 30 % of the chunks")
                              FIELD(polyak_decay, "chunked: scores with averaged weights; 0: with the trained ones")
                                  FIELD(temperature, "chunked: of certain predictions; 1: none") FIELD(
                                      time_limit_seconds, "chunked: no training after this time; 0: no limit")
                                      FIELD(mixer, "chunked: mix the model with counts of scored text (849)") FIELD(
                                          mixer_eta, "rate of the mixer's weights")
                                          FIELD(mixer_min_tokens, "the model alone until so many are counted") FIELD(
                                              mixer_entropy_expert,
                                              "as run, with a sixth expert that is no distribution; without, the "
                                              "mixture is one") FIELD(lora_lr, "learning rate of the adapters")
                                              FIELD(lora_rank, "rank r of an adapter") FIELD(
                                                  lora_alpha, "an adapter's output is multiplied by alpha / r")
                                                  FIELD(lora_q, "adapters of the queries") FIELD(
                                                      lora_k, "adapters of the keys") FIELD(lora_v,
                                                                                            "adapters of the values")
                                                      FIELD(lora_o, "adapters beside the attention output") FIELD(
                                                          lora_mlp, "of the hidden layer (2143) or the output (2097)")
                                                          FIELD(lora_warm_start,
                                                                "factor A is kept from one group of documents to the "
                                                                "next") FIELD(doc_batch, "documents of a group")
                                                              FIELD(doc_chunk_tokens,
                                                                    "targets of a document that are scored at once")
                                                                  FIELD(doc_context_tokens,
                                                                        "tokens of a document's window at most")
                                                                      FIELD(prefix_docs,
                                                                            "documents that the base model is trained "
                                                                            "on, at most")
                                                                          FIELD(phases,
                                                                                "equal parts of prefix_docs, each "
                                                                                "followed by a training of the base "
                                                                                "model");
}

#undef FIELD

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j)
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])}));
  }
  return row.back();
}

}  // namespace

std::vector<Field> config_fields(Config& config) {
  std::vector<Field> out;
  Table table(out);
  model_fields(table, config.model);
  train_fields(table, config.data);
  train_fields(table, config.train);
  train_fields(table, config.schedule);
  optim_fields(table, config.muon);
  optim_fields(table, config.adam);
  optim_fields(table, config.clip);
  optim_fields(table, config.average);
  quant_fields(table, config.qat);
  quant_fields(table, config.quant);
  quant_fields(table, config.codec);
  eval_fields(table, config.eval);
  eval_fields(table, config.ttt);
  return out;
}

Json config_to_json(const Config& config) {
  Config copy = config;
  Json out = Json::object();
  for (const Field& field : config_fields(copy)) {
    const auto dot = field.key.find('.');
    out[field.key.substr(0, dot)][field.key.substr(dot + 1)] = field.get();
  }
  return out;
}

Config config_from_json(const Json& json, std::string_view origin) {
  Config config;
  size_t known = 0;
  for (const Field& field : config_fields(config)) {
    const auto dot = field.key.find('.');
    const std::string section = field.key.substr(0, dot), name = field.key.substr(dot + 1);
    if (!json.contains(section) || !json.at(section).contains(name))
      fail(ErrorKind::usage, "{}: key '{}' is missing", origin, field.key);
    field.set(json.at(section).at(name), origin);
    ++known;
  }
  size_t present = 0;
  for (const auto& [section, members] : json.items()) present += members.size();
  if (present != known)
    for (const auto& [section, members] : json.items())
      for (const auto& [name, value] : members.items()) set_config_field(config, section + "." + name, value, origin);
  return config;
}

void set_config_field(Config& config, std::string_view key, const Json& value, std::string_view origin) {
  std::string nearest;
  size_t distance = SIZE_MAX;
  for (const Field& field : config_fields(config)) {
    if (field.key == key) return field.set(value, origin);
    if (const size_t d = edit_distance(field.key, key); d < distance) distance = d, nearest = field.key;
  }
  const bool similar = distance <= std::max<size_t>(2, key.size() / 3);
  fail(ErrorKind::usage, "{}: unknown key '{}'; {}", origin, key,
       similar ? fmt::format("did you mean '{}'?", nearest) : "`pgolf resolve` prints all of them");
}

}  // namespace pgolf
