// Every field of a configuration: its limits or choices, what it means, and its value without the technique it decides.
#include "engine/config/field_rows.h"

#define ROW(member, ...) \
  { #member, &S::member, __VA_ARGS__ }

namespace pgolf {

// clang-format off
std::vector<Field> model_fields() {
  using S = ModelConfig;
  return section("model", &Config::model, {
    ROW(vocab_size,             in(1, 65536),   "entries of the tokenizer and of the tied embedding"),
    ROW(num_layers,             in(1, 4096),    "physical blocks"),
    ROW(model_dim,              in(1, 65536),   "width D of the residual stream"),
    ROW(num_heads,              above(0),       "query heads H"),
    ROW(num_kv_heads,           above(0),       "key/value heads G; query head h uses group h / (H/G)"),
    ROW(mlp_hidden,             in(1, 1 << 20), "hidden width of the MLP"),
    ROW(mlp_slope,              any(),          "negative slope of the squared leaky ReLU", off(0.0)),
    ROW(logit_softcap,          above(0),       "C of C tanh(logits / C)"),
    ROW(rope_base,              any(),          "base of the rotary frequencies"),
    ROW(rope_dims,              from(0),        "leading dimensions of a head that rotate", off(0)),
    ROW(rope_scaling,           one_of("none", "ntk"), "ntk: rescale the base beyond rope_train_seq_len", off("none")),
    ROW(rope_train_seq_len,     any(),          "T0 of the ntk rule, tokens"),
    ROW(rope_freqs,             one_of("f32", "bf16", "bf16_eager"),
                                "bf16: rounded as in a cast buffer; bf16_eager: uncompiled, positions too", off("f32")),
    ROW(qk_gain_init,           any(),          "initial gain per query head after norm and rotation"),
    ROW(ln_scale,               any(),          "scale both norms of block i by 1/sqrt(i+1)", off(false)),
    ROW(bigram_vocab_size,      in(0, 1 << 30), "buckets of the bigram hash embedding; 0: none", off(0)),
    ROW(bigram_dim,             in(1, 65536),   "width of the bigram embedding"),
    ROW(bigram_hash,            one_of("additive", "xor"), "additive (PR 334) or xor (PR 754, 849)"),
    ROW(smear,                  one_of("none", "fixed", "windowed"),
                                "blend with the previous token: gate per dimension, or windowed gate", off("none")),
    ROW(gate_window,            above(0),       "leading dimensions that windowed gates read"),
    ROW(skips,                  one_of("add", "gated"),
                                "U-Net skips: weighted sum, or gated interpolation", off("add")),
    ROW(xsa_last_n,             from(0),
                                "last layers whose attention output loses the own value's direction", off(0)),
    ROW(value_residual,         one_of("none", "blend", "input"),
                                "blend: with values of layer 0; input: lambda x0 added to the output", off("none")),
    ROW(value_embed_layers,     any(),          "layers whose values get a token embedding added", off(Json::array())),
    ROW(value_embed_dim,        any(),          "width of the value embedding table"),
    ROW(attn_gate,              one_of("none", "linear", "per_head", "sparse", "attn_out", "dense"),
                                "gate per head on the attention output", off("none")),
    ROW(attn_gate_scale,        any(),          "factor inside the sparse gate's sigmoid"),
    ROW(dtg_gate,               any(),          "gate on the block's change, from its detached input"),
    ROW(loop_start,             any(),          "first layer of the recurrent part"),
    ROW(loop_end,               any(),          "last layer of the recurrent part"),
    ROW(num_loops,              in(0, 1024),    "extra passes over the recurrent part; 0: none", off(0)),
    ROW(parallel_residual,      one_of("none", "sum", "two_lane"),
                                "attention and MLP read one input from parallel_start_layer on", off("none")),
    ROW(parallel_start_layer,   any(),          "first parallel layer"),
    ROW(parallel_final_lane,    one_of("mean", "attn", "mlp"), "what two lanes give at the end"),
    ROW(asymmetric_softcap,     any(),
                                "learned caps for positive and negative logits, not in the loss", off(false)),
    ROW(label_smoothing,        below(0, 1),    "epsilon of label smoothing", off(0.0)),
    ROW(label_smoothing_form,   one_of("as_run", "standard"),
                                "as_run: PR 2097's constant; standard: a uniform mixture of targets"),
    ROW(param_banks,            any(),          "store the matrices of one kind as one tensor", off(false)),
    ROW(tied_embed_init_std,    any(),          "standard deviation of the token embedding at the start"),
    ROW(tok_emb_init,           one_of("construction", "init_weights"),
                                "when the token embedding is drawn: at construction, or in the initialisation pass"),
    ROW(small_proj_depth_scale, any(),          "bigram and value projections start times 1/sqrt(2 num_layers)"),
    ROW(init_rounding,          one_of("f32", "bf16"), "type the initial weights are rounded to"),
    ROW(table_rounding,         one_of("f32", "bf16"),
                                "type that embedding tables and their optimizer state are kept in"),
  });
}

std::vector<Field> data_fields() {
  using S = DataConfig;
  return section("data", &Config::data, {
    ROW(caseops,    any(), "text is case-encoded before tokenization", off(false)),
    ROW(byte_count, one_of("table", "sidecar"),
                    "bytes of a target: from the tokenizer's table, or from a sidecar file"),
    ROW(bos_id,     any(), "token that starts a document"),
  });
}

std::vector<Field> train_fields() {
  using S = TrainConfig;
  return section("train", &Config::train, {
    ROW(seq_len,               in(1, 1 << 24), "tokens of a training row"),
    ROW(batch_tokens,          above(0),       "tokens of an optimizer step, all ranks together"),
    ROW(world_size,            in(1, 4096),    "ranks whose data order and per-rank state the submission assumes"),
    ROW(grad_accum_steps,      in(1, 1 << 20), "micro-batches of a step, each rank"),
    ROW(loader,                one_of("stream", "shuffled", "packed"),
                               "stream: PR 334, 754, 849; shuffled: 2143; packed: 2097", off("stream")),
    ROW(cu_bucket,             any(),          "packed loader: cu_seqlens length is a multiple of this"),
    ROW(iterations,            above(0),       "optimizer steps at most"),
    ROW(max_wallclock_seconds, from(0),        "training clock limit; 0: none"),
    ROW(clock_reserve_seconds, any(),          "seconds of the limit kept for what follows the loop"),
    ROW(warmup_steps,          from(0),        "steps before the clock starts, undone afterwards"),
    ROW(log_every,             above(0),       "steps between loss readings"),
    ROW(reduce_rounding,       one_of("f32", "bf16"),
                               "gradients of banks and of bfloat16 tables, as ranks exchange them", off("f32")),
  });
}

std::vector<Field> schedule_fields() {
  using S = ScheduleConfig;
  return section("schedule", &Config::schedule, {
    ROW(kind,             one_of("step_time", "fraction"),
                          "step_time: warmdown in mean step times; fraction: of the training time"),
    ROW(warmdown_iters,   from(0),  "step_time: length of the warmdown, steps"),
    ROW(step0_ms,         from(0),  "step_time: step time assumed before the first step, ms; 0: the time elapsed"),
    ROW(warmdown_frac,    in(0, 1), "fraction: part of the training time that is warmdown"),
    ROW(min_lr,           in(0, 1), "fraction: smallest learning-rate scale"),
    ROW(loop_at_fraction, any(),    "training fraction at which depth recurrence is switched on"),
  });
}

std::vector<Field> muon_fields() {
  using S = MuonConfig;
  return section("muon", &Config::muon, {
    ROW(members,               one_of("all_2d", "block_matrices"),
                               "all_2d: every 2-D tensor but tok_emb; block_matrices: weights of linear maps"),
    ROW(lr,                    any(),       "learning rate"),
    ROW(momentum,              below(0, 1), "final momentum"),
    ROW(momentum_start,        below(0, 1), "momentum at step 0"),
    ROW(momentum_warmup_steps, from(0),     "steps of linear momentum warm-up"),
    ROW(ns_steps,              in(1, 100),  "Newton-Schulz iterations"),
    ROW(coefficients,          one_of("quintic", "polar_express"), "of the Newton-Schulz iteration", off("quintic")),
    ROW(weight_decay,          any(),       "decoupled, times the learning rate", off(0.0)),
    ROW(decay_after_step,      any(),       "decay the updated instead of the old weights (PR 334)"),
    ROW(row_normalize,         any(),       "rows of the update to unit length before orthogonalisation", off(false)),
    ROW(centralize,            any(),       "subtract the mean after row normalisation", off(false)),
    ROW(state_rounding,        one_of("f32", "bf16"), "type that gradient, momentum and update are kept in"),
    ROW(warmup_momentum_kept,  any(),       "the momentum survives the rollback after warm-up (PR 2097)"),
  });
}

std::vector<Field> adam_fields() {
  using S = AdamConfig;
  return section("adam", &Config::adam, {
    ROW(tok_lr,              any(),       "learning rate of embedding tables"),
    ROW(tok_weight_decay,    any(),       "decoupled decay of embedding tables"),
    ROW(scalar_lr,           any(),       "learning rate of small tensors"),
    ROW(scalar_weight_decay, any(),       "decoupled decay of small tensors"),
    ROW(beta1,               below(0, 1), "first moment"),
    ROW(beta2,               below(0, 1), "second moment"),
    ROW(eps,                 above(0),    "added to the root"),
  });
}

std::vector<Field> clip_fields() {
  using S = ClipConfig;
  return section("clip", &Config::clip, {
    ROW(max_norm, from(0), "global gradient norm at most; 0: no clipping", off(0.0)),
    ROW(per_rank, any(),   "clip each rank by its own norm before reduction (PR 754, 2097)"),
  });
}

std::vector<Field> average_fields() {
  using S = AverageConfig;
  return section("average", &Config::average, {
    ROW(ema_decay,       below(0, 1), "0: no exponential moving average", off(0.0)),
    ROW(swa,             one_of("none", "raw_below_scale", "ema_every"),
                         "raw_below_scale: of raw weights (PR 334); ema_every: of EMA states (PR 754)", off("none")),
    ROW(swa_below_scale, any(),       "collect where the learning-rate scale is below this"),
    ROW(swa_every,       above(0),    "collect at steps divisible by this"),
    ROW(export_weights,  one_of("raw", "ema", "swa"), "which weights are packed"),
  });
}

std::vector<Field> qat_fields() {
  using S = QatConfig;
  return section("qat", &Config::qat, {
    ROW(scope,          one_of("none", "small_linears", "all_linears"),
                        "linears that train on fake-quantised weights; none: no rounding", off("none")),
    ROW(start,          one_of("fraction", "lr_scale"), "what start_at is compared with"),
    ROW(start_at,       any(),      "training fraction, or learning-rate scale"),
    ROW(clip,           in(1, 127), "codes go from -clip-1 to clip"),
    ROW(quantile,       over(0, 1), "of |row| that maps to clip"),
    ROW(soft_round,     any(),      "differentiable rounding instead of straight-through", off(false)),
    ROW(crown_q_lambda, from(0),    "weight of the CROWN-Q penalty on all linears; 0: none", off(0.0)),
  });
}

std::vector<Field> quant_fields() {
  using S = QuantConfig;
  return section("quant", &Config::quant, {
    ROW(scheme,                 one_of("row_absmax", "gptq_lite", "gptq_ascending", "gptq"),
                                "PR 334; 754; 849; 2143 and 2097", off("row_absmax")),
    ROW(keep_float_max_numel,   from(0),      "tensors of up to this many elements stay floating point"),
    ROW(keep_f32_names,         any(),
                                "small tensors with such a part in their name stay float32, others float16"),
    ROW(keep_f16_names,         any(),        "tensors of any size with one of these in their name stay float16"),
    ROW(matrix_bits,            in(2, 8),     "bits of attention and MLP matrices"),
    ROW(matrix_bits_kv,         in(0, 8),     "gptq: bits of c_k and c_v; 0: matrix_bits"),
    ROW(matrix_bits_mlp_fc,     in(0, 8),     "gptq: bits of mlp.fc; 0: matrix_bits"),
    ROW(matrix_bits_mlp_proj,   in(0, 8),     "gptq: bits of mlp.proj; 0: matrix_bits"),
    ROW(embed_bits,             in(2, 8),     "gptq: bits of tok_emb; row_absmax, gptq_ascending: of all tables"),
    ROW(int6_last_n,            from(0),      "gptq_ascending: matrices of this many last blocks get 6 bits"),
    ROW(prune_fraction,         below(0, 1),
                                "part of a large matrix that becomes zero, smallest magnitudes first", off(0.0)),
    ROW(matrix_clip_sigmas,     above(0),     "gptq: standard deviations of a row that the largest code stands for"),
    ROW(attn_clip_sigmas,       from(0),      "the same for attention matrices; 0: matrix_clip_sigmas"),
    ROW(mlp_clip_sigmas,        from(0),      "the same for MLP matrices; 0: matrix_clip_sigmas"),
    ROW(embed_clip_sigmas,      above(0),     "the same for tok_emb"),
    ROW(hadamard,               any(),        "gptq: rotate the inputs of all matrices but tok_emb", off(false)),
    ROW(gate_int8_rows,         any(),        "attn_gate_w as int8 with a scale per row", off(false)),
    ROW(lqer_top_k,             from(0),      "matrices that get a low-rank correction; 0: none", off(0)),
    ROW(lqer_rank,              above(0),     "rank of the correction"),
    ROW(lqer_asym,              any(),
                                "factors in 2 and 4 bits on lopsided grids, where the group divides them"),
    ROW(lqer_asym_group,        above(0),     "elements that share a scale in the right factor"),
    ROW(lqer_factor_bits,       in(2, 8),     "bits of symmetric correction factors"),
    ROW(lqer_scope,             one_of("all", "mlp", "attn", "embed"), "matrices that may get a correction"),
    ROW(lqer_gain_select,       any(),        "rank by the error that the correction removes, not by the error"),
    ROW(awq_top_k,              from(0),      "groups of columns that keep more bits, over all matrices", off(0)),
    ROW(awq_group_size,         in(1, 32767), "adjacent columns of a group"),
    ROW(awq_bits,               in(2, 8),     "bits inside a kept group"),
    ROW(calibration_batches,    above(0),     "batches of training rows for the Hessians"),
    ROW(calibration_batch_seqs, above(0),     "rows of such a batch"),
  });
}

std::vector<Field> codec_fields() {
  using S = CodecConfig;
  return section("codec", &Config::codec, {
    ROW(codec,          one_of("zstd", "brotli_shuffle", "per_group"),
                        "zstd: PR 334, 754, 849; brotli_shuffle: 2143; per_group: 2097", off("zstd")),
    ROW(level,          in(0, 22),  "zstd level 1..22, or Brotli quality 0..11"),
    ROW(brotli_window,  in(10, 24), "log2 of Brotli's window, 10..24"),
    ROW(shuffle_stride, in(1, 255), "brotli_shuffle: distance of bytes that are brought together"),
    ROW(lrzip_level,    in(1, 9),   "per_group: 1..9"),
  });
}

std::vector<Field> eval_fields() {
  using S = EvalConfig;
  return section("eval", &Config::eval, {
    ROW(seq_len,             in(1, 1 << 24), "tokens of an evaluation window"),
    ROW(batch_seqs,          above(0),       "windows of a batch"),
    ROW(plain,               one_of("consecutive", "sliding", "packed"),
                             "windows of the plain pass: consecutive, sliding, or packed into rows (PR 2097)"),
    ROW(packed_batch_tokens, any(),          "packed: tokens of a batch over all ranks; only whole ones are scored"),
    ROW(sliding,             any(),          "a pass with sliding windows is made", off(false)),
    ROW(sliding_form,        one_of("covering", "truncated", "offset_only", "lossy_first"),
                             "how sliding windows start and end"),
    ROW(stride,              above(0),       "targets of a sliding window"),
    ROW(probes,              in(0, 1000),    "targets at which normalisation and causality are measured"),
  });
}

std::vector<Field> ttt_fields() {
  using S = TttConfig;
  return section("ttt", &Config::ttt, {
    ROW(enabled,              any(),       "adapt the model on validation text", off(false)),
    ROW(kind,                 one_of("none", "before_scoring", "chunked", "phased_lora"),
                              "before_scoring: PR 334; chunked: 754, 849; phased_lora: 2143, 2097"),
    ROW(trains,               one_of("all", "no_embeddings", "last_blocks"),
                              "of the base model: PR 754, 2143, 2097; 334; 849, with every scale"),
    ROW(freeze_blocks,        from(0),
                              "leading blocks that stay fixed; with last_blocks the last ones that do not"),
    ROW(optimizer,            one_of("sgd", "adamw"), "of the base model"),
    ROW(epochs,               from(0),     "passes over what the base model is trained on"),
    ROW(lr,                   from(0),     "peak learning rate of the base model"),
    ROW(momentum,             below(0, 1), "SGD momentum"),
    ROW(max_norm,             from(0),     "gradients of the base model are clipped to this norm; 0: not"),
    ROW(chunk_tokens,         above(0),    "targets of a chunk that the base model is trained on"),
    ROW(batch_seqs,           above(0),    "sequences of a batch on one rank, scored or trained on"),
    ROW(beta1,                below(0, 1), "AdamW, of the base model or with phased_lora of the adapters"),
    ROW(beta2,                below(0, 1), "AdamW"),
    ROW(eps,                  above(0),    "AdamW"),
    ROW(weight_decay,         from(0),     "AdamW, times the learning rate"),
    ROW(qat,                  any(),
                              "chunked: training rounds the linears of qat.scope, or small ones", off(false)),
    ROW(byte_weighted,        any(),       "chunked: targets weigh as many times as they have bytes (849)", off(false)),
    ROW(lr_ramp,              above(0),    "chunked: factor on the learning rate, reached after 30 % of the chunks"),
    ROW(polyak_decay,         below(0, 1), "chunked: scores with averaged weights; 0: with the trained ones", off(0.0)),
    ROW(temperature,          above(0),    "chunked: of certain predictions; 1: none", off(1.0)),
    ROW(time_limit_seconds,   from(0),     "chunked: no training after this time; 0: no limit"),
    ROW(mixer,                any(),       "chunked: mix the model with counts of scored text (849)", off(false)),
    ROW(mixer_eta,            from(0),     "rate of the mixer's weights"),
    ROW(mixer_min_tokens,     from(0),     "the model alone until so many are counted"),
    ROW(mixer_entropy_expert, any(),       "as run, with a sixth expert that is not a distribution", off(false)),
    ROW(lora_lr,              from(0),     "learning rate of the adapters"),
    ROW(lora_rank,            above(0),    "rank r of an adapter"),
    ROW(lora_alpha,           any(),       "an adapter's output is multiplied by alpha / r"),
    ROW(lora_q,               any(),       "adapters of the queries"),
    ROW(lora_k,               any(),       "adapters of the keys"),
    ROW(lora_v,               any(),       "adapters of the values"),
    ROW(lora_o,               any(),       "adapters beside the attention output"),
    ROW(lora_mlp,             one_of("none", "hidden", "output"), "of the hidden layer (2143) or the output (2097)"),
    ROW(lora_warm_start,      any(),       "factor A is kept from one group of documents to the next", off(false)),
    ROW(doc_batch,            above(0),    "documents of a group"),
    ROW(doc_chunk_tokens,     above(0),    "targets of a document that are scored at once"),
    ROW(doc_context_tokens,   any(),       "tokens of a document's window at most"),
    ROW(prefix_docs,          from(0),     "documents that the base model is trained on, at most", off(0)),
    ROW(phases,               above(0),    "equal parts of prefix_docs, each followed by a training of the base model"),
  });
}
// clang-format on

}  // namespace pgolf
