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
  void divides(std::string_view key, int64_t divisor, int64_t whole, std::string_view of) const {
    require(whole % divisor == 0, key, fmt::format("{} does not divide {} {}", divisor, of, whole));
  }

 private:
  const std::function<std::string(std::string_view)>& origin_of_;
};

void validate_model(const ModelConfig& m, const Rules& rules) {
  rules.divides("model.num_heads", m.num_heads, m.model_dim, "model.model_dim");
  rules.divides("model.num_kv_heads", m.num_kv_heads, m.num_heads, "model.num_heads");
  rules.require(m.rope_dims % 2 == 0 && m.rope_dims <= m.head_dim(), "model.rope_dims",
                fmt::format("must be even and at most the head width {}, is {}", m.head_dim(), m.rope_dims));
  rules.require(m.rope_scaling == RopeScaling::none || m.rope_dims > 2, "model.rope_scaling",
                fmt::format("rescales by dims / (dims - 2); model.rope_dims is {}", m.rope_dims));
  rules.require(m.bigram_vocab_size != 1, "model.bigram_vocab_size", "must be 0 (none) or 2..2^30");
  rules.require(m.gate_window <= m.model_dim, "model.gate_window",
                fmt::format("must be 1..model_dim {}, is {}", m.model_dim, m.gate_window));
  rules.require(m.xsa_last_n <= m.num_layers, "model.xsa_last_n",
                fmt::format("must be 0..num_layers {}, is {}", m.num_layers, m.xsa_last_n));
  rules.require(static_cast<int64_t>(m.value_embed_layers.size()) <= m.num_layers, "model.value_embed_layers",
                fmt::format("names {} layers of a model of {}", m.value_embed_layers.size(), m.num_layers));
  for (const int64_t layer : m.value_embed_layers)
    rules.require(layer >= 0 && layer < m.num_layers, "model.value_embed_layers",
                  fmt::format("layer {} does not exist in a model of {}", layer, m.num_layers));
  if (m.num_loops > 0)
    rules.require(0 <= m.loop_start && m.loop_start <= m.loop_end && m.loop_end < m.num_layers, "model.loop_end",
                  fmt::format("layers {}..{} are not inside a model of {}", m.loop_start, m.loop_end, m.num_layers));
}

void validate_train(const TrainConfig& t, const Rules& rules) {
  const int64_t rows = t.world_size * t.grad_accum_steps;
  rules.require(t.batch_tokens % rows == 0, "train.batch_tokens",
                fmt::format("{} does not split over {} ranks x {} micro-batches", t.batch_tokens, t.world_size,
                            t.grad_accum_steps));
  if (t.loader != Loader::packed)
    rules.require(t.batch_tokens / rows % t.seq_len == 0, "train.batch_tokens",
                  fmt::format("a micro-batch of {} tokens is not a whole number of rows of {}", t.batch_tokens / rows,
                              t.seq_len));
  rules.require(t.max_wallclock_seconds == 0 || t.clock_reserve_seconds < t.max_wallclock_seconds,
                "train.clock_reserve_seconds", "leaves no time to train");
}

void validate_optim(const Config& c, const Rules& rules) {
  rules.require(c.muon.coefficients != NsCoefficients::polar_express || c.muon.ns_steps <= 5, "muon.ns_steps",
                "must be 1..5, the steps that polar_express has coefficients for");
  rules.require(c.qat.scope != QatScope::all_linears || !c.model.param_banks, "qat.scope",
                "all_linears rounds matrices one by one, but model.param_banks keeps them in banks");
  rules.require(c.qat.crown_q_lambda == 0 || !c.model.param_banks, "qat.crown_q_lambda",
                "CROWN-Q penalises matrices one by one, but model.param_banks keeps them in banks");
  rules.require(c.average.swa != SwaKind::ema_every || c.average.ema_decay > 0, "average.swa",
                "ema_every averages the EMA, but average.ema_decay is 0");
}

void validate_eval(const Config& c, const Rules& rules) {
  const EvalConfig& e = c.eval;
  rules.require(e.stride <= e.seq_len, "eval.stride",
                fmt::format("must be 1..eval.seq_len {}, is {}", e.seq_len, e.stride));
  const int64_t micro_batches = c.train.world_size * c.train.grad_accum_steps;
  if (e.plain == PlainPass::packed)
    rules.require(e.packed_batch_tokens / micro_batches >= e.seq_len, "eval.packed_batch_tokens",
                  fmt::format("{} leaves less than one window of {} for each of {} parts", e.packed_batch_tokens,
                              e.seq_len, micro_batches));
}

void validate_ttt(const Config& c, const Rules& rules) {
  const TttConfig& t = c.ttt;
  rules.require(!t.enabled || t.kind != TttKind::none, "ttt.kind", "ttt.enabled is set, but no kind is named");
  rules.require(t.freeze_blocks <= c.model.num_layers, "ttt.freeze_blocks",
                fmt::format("must be 0..num_layers {}", c.model.num_layers));
  rules.require(t.doc_chunk_tokens <= t.doc_context_tokens, "ttt.doc_chunk_tokens",
                fmt::format("must be 1..ttt.doc_context_tokens {}, is {}", t.doc_context_tokens, t.doc_chunk_tokens));
}

void validate_storage(const Config& c, const Rules& rules) {
  const QuantConfig& q = c.quant;
  for (const auto& [key, bits] : {std::pair("quant.matrix_bits_kv", q.matrix_bits_kv),
                                  {"quant.matrix_bits_mlp_fc", q.matrix_bits_mlp_fc},
                                  {"quant.matrix_bits_mlp_proj", q.matrix_bits_mlp_proj}})
    rules.require(bits != 1, key, "must be 0 (matrix_bits) or 2..8, is 1");
  const bool zstd = c.codec.codec == Codec::zstd;
  rules.require(zstd ? c.codec.level >= 1 : c.codec.level <= 11, "codec.level",
                fmt::format("must be {} for this codec, is {}", zstd ? "1..22" : "0..11", c.codec.level));
}

}  // namespace

void validate_config(const Config& config, const std::function<std::string(std::string_view)>& origin_of) {
  const Rules rules(origin_of);
  for (const Field& field : config_fields()) {
    const std::string problem = field.limit.problem(field.get(config));
    rules.require(problem.empty(), field.key, problem);
  }
  validate_model(config.model, rules);
  validate_train(config.train, rules);
  validate_optim(config, rules);
  validate_eval(config, rules);
  validate_ttt(config, rules);
  validate_storage(config, rules);
}

}  // namespace pgolf
