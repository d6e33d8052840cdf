#include <utility>

#include "base/error.h"
#include "engine/config/fields.h"

namespace pgolf {
namespace {

// Reports the first rule that does not hold, at the place where the key was set.
class Rules {
 public:
  explicit Rules(const std::function<std::string(std::string_view)>& origin_of) : origin_of_(origin_of) {}

  void require(bool holds, std::string_view key, const std::string& why) const {
    if (!holds) fail(ErrorKind::usage, "{}: {}: {}", origin_of_(key), key, why);
  }
  void positive(std::string_view key, int64_t value) const {
    require(value > 0, key, fmt::format("must be positive, is {}", value));
  }
  // Bounds so wide that no model meets them, and so narrow that sizes multiply without overflow.
  void size(std::string_view key, int64_t value, int64_t most) const {
    require(value > 0 && value <= most, key, fmt::format("must be 1..{}, is {}", most, value));
  }
  void divides(std::string_view key, int64_t divisor, int64_t whole, std::string_view of) const {
    positive(key, divisor);
    require(whole % divisor == 0, key, fmt::format("{} does not divide {} {}", divisor, of, whole));
  }

 private:
  const std::function<std::string(std::string_view)>& origin_of_;
};

void validate_model(const ModelConfig& m, const Rules& rules) {
  rules.require(m.vocab_size > 0 && m.vocab_size <= 65536, "model.vocab_size",
                fmt::format("must be 1..65536 (shards hold uint16 tokens), is {}", m.vocab_size));
  rules.size("model.num_layers", m.num_layers, 4096);
  rules.size("model.model_dim", m.model_dim, 65536);
  rules.divides("model.num_heads", m.num_heads, m.model_dim, "model.model_dim");
  rules.divides("model.num_kv_heads", m.num_kv_heads, m.num_heads, "model.num_heads");
  rules.size("model.mlp_hidden", m.mlp_hidden, 1 << 20);
  rules.require(m.rope_dims >= 0 && m.rope_dims % 2 == 0 && m.rope_dims <= m.head_dim(), "model.rope_dims",
                fmt::format("must be even and at most the head width {}, is {}", m.head_dim(), m.rope_dims));
  rules.require(m.rope_scaling == RopeScaling::none || m.rope_dims > 2, "model.rope_scaling",
                fmt::format("rescales by dims / (dims - 2); model.rope_dims is {}", m.rope_dims));
  rules.require(m.logit_softcap > 0, "model.logit_softcap", "must be positive");
  rules.require(m.bigram_vocab_size >= 0 && m.bigram_vocab_size != 1 && m.bigram_vocab_size <= 1 << 30,
                "model.bigram_vocab_size", "must be 0 (none) or 2..2^30");
  rules.size("model.bigram_dim", m.bigram_dim, 65536);
  rules.require(m.gate_window > 0 && m.gate_window <= m.model_dim, "model.gate_window",
                fmt::format("must be 1..model_dim {}, is {}", m.model_dim, m.gate_window));
  rules.require(m.xsa_last_n >= 0 && m.xsa_last_n <= m.num_layers, "model.xsa_last_n",
                fmt::format("must be 0..num_layers {}, is {}", m.num_layers, m.xsa_last_n));
  rules.require(static_cast<int64_t>(m.value_embed_layers.size()) <= m.num_layers, "model.value_embed_layers",
                fmt::format("names {} layers of a model of {}", m.value_embed_layers.size(), m.num_layers));
  for (const int64_t layer : m.value_embed_layers)
    rules.require(layer >= 0 && layer < m.num_layers, "model.value_embed_layers",
                  fmt::format("layer {} does not exist in a model of {}", layer, m.num_layers));
  rules.require(m.num_loops >= 0 && m.num_loops <= 1024, "model.num_loops",
                fmt::format("must be 0..1024, is {}", m.num_loops));
  if (m.num_loops > 0)
    rules.require(0 <= m.loop_start && m.loop_start <= m.loop_end && m.loop_end < m.num_layers, "model.loop_end",
                  fmt::format("layers {}..{} are not inside a model of {}", m.loop_start, m.loop_end, m.num_layers));
  rules.require(m.label_smoothing >= 0 && m.label_smoothing < 1, "model.label_smoothing", "must be in [0, 1)");
}

void validate_train(const Config& c, const Rules& rules) {
  const TrainConfig& t = c.train;
  rules.size("train.seq_len", t.seq_len, 1 << 24);
  rules.size("train.world_size", t.world_size, 4096);
  rules.size("train.grad_accum_steps", t.grad_accum_steps, 1 << 20);
  const int64_t rows = t.world_size * t.grad_accum_steps;
  rules.require(t.batch_tokens > 0 && t.batch_tokens % rows == 0, "train.batch_tokens",
                fmt::format("{} does not split over {} ranks x {} micro-batches", t.batch_tokens, t.world_size,
                            t.grad_accum_steps));
  if (t.loader != Loader::packed)
    rules.require(
        t.batch_tokens / rows % t.seq_len == 0, "train.batch_tokens",
        fmt::format("a micro-batch of {} tokens is no whole number of rows of {}", t.batch_tokens / rows, t.seq_len));
  rules.positive("train.iterations", t.iterations);
  rules.require(t.warmup_steps >= 0, "train.warmup_steps", "must not be negative");
  rules.positive("train.log_every", t.log_every);
  rules.require(t.max_wallclock_seconds >= 0, "train.max_wallclock_seconds", "must not be negative");
  rules.require(t.max_wallclock_seconds == 0 || t.clock_reserve_seconds < t.max_wallclock_seconds,
                "train.clock_reserve_seconds", "leaves no time to train");
}

void validate_adam(const AdamConfig& a, const Rules& rules) {
  const std::pair<std::string_view, double> betas[] = {{"adam.beta1", a.beta1}, {"adam.beta2", a.beta2}};
  for (const auto& [key, beta] : betas) rules.require(beta >= 0 && beta < 1, key, "must be in [0, 1)");
  rules.require(a.eps > 0, "adam.eps", "must be positive");
}

void validate_qat(const Config& c, const Rules& rules) {
  const QatConfig& q = c.qat;
  rules.require(q.scope != QatScope::all_linears || !c.model.param_banks, "qat.scope",
                "all_linears rounds matrices one by one, but model.param_banks keeps them in banks");
  rules.require(q.crown_q_lambda >= 0, "qat.crown_q_lambda", "must not be negative; 0 leaves the penalty out");
  rules.require(q.crown_q_lambda == 0 || !c.model.param_banks, "qat.crown_q_lambda",
                "CROWN-Q penalises matrices one by one, but model.param_banks keeps them in banks");
  rules.size("qat.clip", q.clip, 127);
  rules.require(q.quantile > 0 && q.quantile <= 1, "qat.quantile", "must be in (0, 1]");
}

void validate_optim(const Config& c, const Rules& rules) {
  const MuonConfig& m = c.muon;
  validate_adam(c.adam, rules);
  rules.require(m.momentum >= 0 && m.momentum < 1, "muon.momentum", "must be in [0, 1)");
  rules.require(m.momentum_start >= 0 && m.momentum_start < 1, "muon.momentum_start", "must be in [0, 1)");
  rules.require(m.momentum_warmup_steps >= 0, "muon.momentum_warmup_steps", "must not be negative");
  const bool polar_express = m.coefficients == NsCoefficients::polar_express;
  rules.require(m.ns_steps >= 1 && m.ns_steps <= (polar_express ? 5 : 100), "muon.ns_steps",
                polar_express ? "must be 1..5, the steps that polar_express has coefficients for" : "must be 1..100");
  validate_qat(c, rules);
  rules.require(c.clip.max_norm >= 0, "clip.max_norm", "must not be negative; 0 turns clipping off");
  rules.require(c.average.ema_decay >= 0 && c.average.ema_decay < 1, "average.ema_decay", "must be in [0, 1)");
  rules.positive("average.swa_every", c.average.swa_every);
  rules.require(c.average.swa != SwaKind::ema_every || c.average.ema_decay > 0, "average.swa",
                "ema_every averages the EMA, but average.ema_decay is 0");
  rules.require(c.schedule.warmdown_iters >= 0, "schedule.warmdown_iters", "must not be negative");
  rules.require(c.schedule.step0_ms >= 0, "schedule.step0_ms", "must not be negative");
  rules.require(c.schedule.warmdown_frac >= 0 && c.schedule.warmdown_frac <= 1, "schedule.warmdown_frac",
                "must be in [0, 1]");
  rules.require(c.schedule.min_lr >= 0 && c.schedule.min_lr <= 1, "schedule.min_lr", "must be in [0, 1]");
}

void validate_eval(const Config& c, const Rules& rules) {
  const EvalConfig& e = c.eval;
  rules.size("eval.seq_len", e.seq_len, 1 << 24);
  rules.positive("eval.batch_seqs", e.batch_seqs);
  rules.require(e.stride > 0 && e.stride <= e.seq_len, "eval.stride",
                fmt::format("must be 1..eval.seq_len {}, is {}", e.seq_len, e.stride));
  rules.require(e.probes >= 0 && e.probes <= 1000, "eval.probes", fmt::format("must be 0..1000, is {}", e.probes));
  const int64_t micro_batches = c.train.world_size * c.train.grad_accum_steps;
  if (e.plain == PlainPass::packed)
    rules.require(e.packed_batch_tokens / micro_batches >= e.seq_len, "eval.packed_batch_tokens",
                  fmt::format("{} leaves less than one window of {} for each of {} parts", e.packed_batch_tokens,
                              e.seq_len, micro_batches));
}

void validate_ttt_base(const TttConfig& t, const Rules& rules) {
  rules.require(t.epochs >= 0, "ttt.epochs", "must not be negative");
  rules.require(t.lr >= 0, "ttt.lr", "must not be negative");
  rules.require(t.momentum >= 0 && t.momentum < 1, "ttt.momentum", "must be in [0, 1)");
  rules.require(t.max_norm >= 0, "ttt.max_norm", "must not be negative");
  rules.positive("ttt.chunk_tokens", t.chunk_tokens);
  rules.positive("ttt.batch_seqs", t.batch_seqs);
  rules.require(t.beta1 >= 0 && t.beta1 < 1, "ttt.beta1", "must be in [0, 1)");
  rules.require(t.beta2 >= 0 && t.beta2 < 1, "ttt.beta2", "must be in [0, 1)");
  rules.require(t.eps > 0, "ttt.eps", "must be positive");
  rules.require(t.weight_decay >= 0, "ttt.weight_decay", "must not be negative");
  rules.require(t.polyak_decay >= 0 && t.polyak_decay < 1, "ttt.polyak_decay", "must be in [0, 1)");
  rules.require(t.temperature > 0, "ttt.temperature", "must be positive");
  rules.require(t.lr_ramp > 0, "ttt.lr_ramp", "must be positive");
  rules.require(t.time_limit_seconds >= 0, "ttt.time_limit_seconds", "must not be negative");
  rules.require(t.mixer_eta >= 0, "ttt.mixer_eta", "must not be negative");
  rules.require(t.mixer_min_tokens >= 0, "ttt.mixer_min_tokens", "must not be negative");
}

void validate_ttt_documents(const TttConfig& t, const Rules& rules) {
  rules.positive("ttt.lora_rank", t.lora_rank);
  rules.require(t.lora_lr >= 0, "ttt.lora_lr", "must not be negative");
  rules.positive("ttt.doc_batch", t.doc_batch);
  rules.require(t.doc_chunk_tokens > 0 && t.doc_chunk_tokens <= t.doc_context_tokens, "ttt.doc_chunk_tokens",
                fmt::format("must be 1..ttt.doc_context_tokens {}, is {}", t.doc_context_tokens, t.doc_chunk_tokens));
  rules.require(t.prefix_docs >= 0, "ttt.prefix_docs", "must not be negative");
  rules.positive("ttt.phases", t.phases);
}

void validate_ttt(const Config& c, const Rules& rules) {
  const TttConfig& t = c.ttt;
  rules.require(!t.enabled || t.kind != TttKind::none, "ttt.kind", "ttt.enabled is set, but no kind is named");
  rules.require(t.freeze_blocks >= 0 && t.freeze_blocks <= c.model.num_layers, "ttt.freeze_blocks",
                fmt::format("must be 0..num_layers {}", c.model.num_layers));
  validate_ttt_base(t, rules);
  validate_ttt_documents(t, rules);
}

void require_bits(const Rules& rules, std::string_view key, int64_t bits) {
  rules.require(bits >= 2 && bits <= 8, key, fmt::format("must be 2..8, is {}", bits));
}

void validate_quant(const QuantConfig& q, const Rules& rules) {
  rules.require(q.keep_float_max_numel >= 0, "quant.keep_float_max_numel", "must not be negative");
  require_bits(rules, "quant.matrix_bits", q.matrix_bits);
  require_bits(rules, "quant.embed_bits", q.embed_bits);
  require_bits(rules, "quant.awq_bits", q.awq_bits);
  require_bits(rules, "quant.lqer_factor_bits", q.lqer_factor_bits);
  if (q.matrix_bits_kv != 0) require_bits(rules, "quant.matrix_bits_kv", q.matrix_bits_kv);
  if (q.matrix_bits_mlp_fc != 0) require_bits(rules, "quant.matrix_bits_mlp_fc", q.matrix_bits_mlp_fc);
  if (q.matrix_bits_mlp_proj != 0) require_bits(rules, "quant.matrix_bits_mlp_proj", q.matrix_bits_mlp_proj);
  rules.require(q.int6_last_n >= 0, "quant.int6_last_n", "must not be negative");
  rules.require(q.prune_fraction >= 0 && q.prune_fraction < 1, "quant.prune_fraction", "must be in [0, 1)");
  rules.require(q.matrix_clip_sigmas > 0, "quant.matrix_clip_sigmas", "must be positive");
  rules.require(q.embed_clip_sigmas > 0, "quant.embed_clip_sigmas", "must be positive");
  rules.require(q.attn_clip_sigmas >= 0, "quant.attn_clip_sigmas", "must not be negative");
  rules.require(q.mlp_clip_sigmas >= 0, "quant.mlp_clip_sigmas", "must not be negative");
  rules.require(q.lqer_top_k >= 0, "quant.lqer_top_k", "must not be negative");
  rules.positive("quant.lqer_rank", q.lqer_rank);
  rules.positive("quant.lqer_asym_group", q.lqer_asym_group);
  rules.require(q.awq_top_k >= 0, "quant.awq_top_k", "must not be negative");
  rules.require(q.awq_group_size > 0 && q.awq_group_size <= 32767, "quant.awq_group_size", "must be 1..32767");
  rules.positive("quant.calibration_batches", q.calibration_batches);
  rules.positive("quant.calibration_batch_seqs", q.calibration_batch_seqs);
}

void validate_codec(const CodecConfig& c, const Rules& rules) {
  const int64_t top = c.codec == Codec::zstd ? 22 : 11;
  rules.require(c.level >= (c.codec == Codec::zstd ? 1 : 0) && c.level <= top, "codec.level",
                fmt::format("must be at most {} for this codec, is {}", top, c.level));
  rules.require(c.brotli_window >= 10 && c.brotli_window <= 24, "codec.brotli_window", "must be 10..24");
  rules.require(c.shuffle_stride >= 1 && c.shuffle_stride <= 255, "codec.shuffle_stride", "must be 1..255");
  rules.require(c.lrzip_level >= 1 && c.lrzip_level <= 9, "codec.lrzip_level", "must be 1..9");
}

}  // namespace

void validate_config(const Config& config, const std::function<std::string(std::string_view)>& origin_of) {
  const Rules rules(origin_of);
  validate_model(config.model, rules);
  validate_train(config, rules);
  validate_optim(config, rules);
  validate_eval(config, rules);
  validate_ttt(config, rules);
  validate_quant(config.quant, rules);
  validate_codec(config.codec, rules);
}

}  // namespace pgolf
