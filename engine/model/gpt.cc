#include "engine/model/gpt.h"

#include "engine/config/param_table.h"
#include "engine/config/tensor_names.h"
#include "engine/ops/bigram_hash.h"
#include "engine/ops/embedding.h"
#include "engine/ops/linear.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/select.h"
#include "engine/ops/skip.h"
#include "engine/ops/smear.h"
#include "engine/ops/take_rows.h"
#include "engine/ops/value_residual.h"

namespace pgolf {

DType stream_type(const ModelConfig& model, const Context& ctx) {
  return model.table_rounding == Rounding::bf16 ? ctx.compute() : DType::f32;
}

Var Gpt::hidden(Context& ctx, const Pass& pass) const {
  Var x = embed(ctx, pass);  // [B, T, D]
  State state{ctx, pass, rope_table(ctx, pass), x, value_embedding(ctx, pass), {}, 0};

  const std::vector<int64_t> layers = layer_sequence(config_, pass.looping);
  const size_t num_encoder = layers.size() / 2;
  std::vector<Var> skips;  // encoder outputs, taken back last first
  Lanes lanes;             // in use from the first two-lane layer on
  for (size_t i = 0; i < layers.size(); ++i) {
    state.position = static_cast<int64_t>(i);
    state.last = i + 1 == layers.size();
    const bool two_lane = config_.parallel_residual == ParallelResidual::two_lane && is_parallel(layers[i]);
    if (two_lane && !lanes.attn.value.defined()) lanes = {x, x};
    Var& stream = two_lane ? lanes.attn : x;
    if (i >= num_encoder) stream = take_skip(ctx, static_cast<int64_t>(i - num_encoder), stream, skips);
    if (two_lane)
      lanes = two_lane_block(state, layers[i], lanes);
    else
      x = block(state, layers[i], x);
    if (i < num_encoder) skips.push_back(x);
  }
  if (lanes.attn.value.defined()) {
    const FinalLane lane = config_.parallel_final_lane;
    x = lane == FinalLane::mean ? mean_of(ctx, lanes) : lane == FinalLane::attn ? lanes.attn : lanes.mlp;
    if (pass.scored.defined()) x = take_rows(ctx, x.value, pass.scored);
  }
  return rms_norm(ctx, x, 1.0F, ctx.compute());
}

Var Gpt::embed(Context& ctx, const Pass& pass) const {
  Var x = embedding(ctx, pass.ids, params_.master(kTokenTable), stream_type(config_, ctx));
  if (config_.bigram_vocab_size > 0) {
    const PairHash hash = config_.bigram_hash == BigramHash::additive ? PairHash::additive : PairHash::xor_;
    const Tensor buckets = bigram_hash(ctx, pass.ids, hash, config_.bigram_vocab_size);
    Var pairs = embedding(ctx, buckets, params_.master(kBigramTable), ctx.compute());
    if (projects_bigrams(config_)) pairs = project_small(ctx, pass, kBigramProjection, pairs);
    x = add_scaled(ctx, x, params_.master(kBigramScale), pairs);
  }
  if (config_.smear == Smear::windowed)
    x = smear_windowed(ctx, x, pass.ids, params_.master(kSmearWindow), params_.master(kSmearLambda), bos_id_);
  x = rms_norm(ctx, x, 1.0F, x.value.dtype);
  if (config_.smear == Smear::fixed) x = smear_fixed(ctx, x, params_.master(kSmearGate));
  return x;
}

Var Gpt::value_embedding(Context& ctx, const Pass& pass) const {
  if (config_.value_embed_layers.empty()) return {};
  Var rows = embedding(ctx, pass.ids, params_.master(kValueTable), ctx.compute());
  if (projects_value_embedding(config_)) rows = project_small(ctx, pass, kValueProjection, rows);
  return scaled(ctx, rows, params_.master(kValueScale));
}

// Decoder step `row` takes the latest encoder output that is left; steps beyond them go without.
Var Gpt::take_skip(Context& ctx, int64_t row, const Var& x, std::vector<Var>& skips) const {
  if (skips.empty()) return x;
  const Var taken = skips.back(), weight = select(ctx, params_.master(kSkipWeights), row);
  skips.pop_back();
  if (config_.skips == Skips::add) return add_scaled(ctx, x, weight, taken);
  return skip_gated(ctx, x, weight, select(ctx, params_.master(kSkipGates), row), taken);
}

RopeTable Gpt::rope_table(Context& ctx, const Pass& pass) const {
  RopeSpec spec;
  spec.dims = config_.rope_dims;
  spec.base = config_.rope_base;
  spec.ntk = config_.rope_scaling == RopeScaling::ntk;
  spec.ntk_from = config_.rope_train_seq_len;
  spec.bf16_freqs = config_.rope_freqs != RopeFreqs::f32;
  spec.bf16_angles = pass.eager && config_.rope_freqs == RopeFreqs::bf16_eager;
  return make_rope_table(ctx, spec, pass.ids.cols());
}

Var Gpt::head(Context& ctx, const Var& hidden) const {
  const Var logits = linear(ctx, hidden, params_.weight(kTokenTable));
  return logits.view({logits.value.rows(), logits.value.cols()});
}

Var Gpt::logits_before_softcap(Context& ctx, const Pass& pass) const {
  const Var x = hidden(ctx, pass), logits = head(ctx, x);
  return pass.lora != nullptr ? pass.lora->add_head(ctx, logits, x) : logits;
}

Softcap Gpt::scoring_softcap() const {
  if (config_.asymmetric_softcap) return {params_.master("softcap_pos").value, params_.master("softcap_neg").value};
  return static_cast<float>(config_.logit_softcap);
}

Tensor Gpt::logits(Context& ctx, const Pass& pass) const {
  const Tensor out = logits_before_softcap(ctx, pass).value;
  softcap_(ctx, out, scoring_softcap());
  return out;
}

Var Gpt::token_nll(Context& ctx, const Pass& pass, const Tensor& targets) const {
  return cross_entropy(ctx, logits_before_softcap(ctx, pass), targets.view({targets.numel()}), scoring_softcap());
}

Var Gpt::loss(Context& ctx, const Pass& pass, const Tensor& targets) const {
  const auto epsilon = static_cast<float>(config_.label_smoothing);
  const Smoothing smoothing = config_.label_smoothing_form == SmoothingForm::as_run
                                  ? Smoothing::as_run(epsilon, config_.vocab_size)
                                  : Smoothing::standard(epsilon);
  const Var nll = cross_entropy(ctx, logits_before_softcap(ctx, pass), targets.view({targets.numel()}),
                                static_cast<float>(config_.logit_softcap), smoothing);
  return add_crown_q_penalty(ctx, pass, weighted_sum(ctx, nll));
}

}  // namespace pgolf
