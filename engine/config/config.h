// The pinned configuration: every field that decides what a run computes, with its default.
//
// A submission.toml names only what differs from these defaults; `pgolf resolve` prints all of them in this order.
// Names, limits, choices and meanings of all fields are in fields.cc, a row each; this header is what the code reads.
// Sources of the techniques: docs/techniques.md names the pull request of each.
#pragma once

#include <cstdint>
#include <string>

#include "engine/config/model_config.h"

namespace pgolf {

enum class Loader { stream, shuffled, packed };
enum class ByteCount { table, sidecar };

struct DataConfig {
  bool caseops = false;
  ByteCount byte_count = ByteCount::table;
  int64_t bos_id = 1;
};

struct TrainConfig {
  int64_t seq_len = 1024;
  int64_t batch_tokens = 524288;  // tokens of one optimizer step over all ranks
  int64_t world_size = 1;         // ranks whose data order and state the submission assumes; not the hardware
  int64_t grad_accum_steps = 8;
  Loader loader = Loader::stream;
  int64_t cu_bucket = 64;  // packed loader: cu_seqlens is padded to a multiple of this
  int64_t iterations = 20000;
  double max_wallclock_seconds = 600.0;  // 0: no limit, the schedule counts steps
  double clock_reserve_seconds = 0.0;    // taken off the limit for what follows the loop
  int64_t warmup_steps = 20;
  int64_t log_every = 100;
  Rounding reduce_rounding = Rounding::f32;  // of what ranks send each other of banks and of tables stored in bfloat16
};

enum class ScheduleKind { step_time, fraction };

struct ScheduleConfig {
  ScheduleKind kind = ScheduleKind::step_time;
  int64_t warmdown_iters = 3000;  // step_time: in mean step times so far
  double step0_ms = 0.0;          // step_time: the step time assumed before the first step; 0: the time elapsed
  double warmdown_frac = 0.85;    // fraction: of the training time
  double min_lr = 0.0;
  double loop_at_fraction = 0.0;  // depth recurrence is switched on here
};

enum class MuonMembers { all_2d, block_matrices };
enum class NsCoefficients { quintic, polar_express };

struct MuonConfig {
  MuonMembers members = MuonMembers::block_matrices;
  double lr = 0.025;
  double momentum = 0.95;
  double momentum_start = 0.85;
  int64_t momentum_warmup_steps = 500;
  int64_t ns_steps = 5;
  NsCoefficients coefficients = NsCoefficients::quintic;
  double weight_decay = 0.0;
  bool decay_after_step = false;
  bool row_normalize = false;
  bool centralize = false;
  Rounding state_rounding = Rounding::f32;  // of gradient, momentum and update
  bool warmup_momentum_kept = false;        // the rollback after warm-up forgets to reset the momentum (PR 2097)
};

struct AdamConfig {
  double tok_lr = 0.05;
  double tok_weight_decay = 0.0;
  double scalar_lr = 0.04;
  double scalar_weight_decay = 0.0;
  double beta1 = 0.9;
  double beta2 = 0.95;
  double eps = 1e-8;
};

struct ClipConfig {
  double max_norm = 0.0;  // 0: no clipping
  bool per_rank = false;  // before the data-parallel reduction, each rank by its own norm
};

enum class SwaKind { none, raw_below_scale, ema_every };
enum class Export { raw, ema, swa };

struct AverageConfig {
  double ema_decay = 0.0;  // 0: no EMA
  SwaKind swa = SwaKind::none;
  double swa_below_scale = 0.4;
  int64_t swa_every = 1;
  Export export_weights = Export::raw;
};

enum class QatScope { none, small_linears, all_linears };
enum class QatStart { fraction, lr_scale };

// Late QAT: from `start_at` on training rounds weights, penalises them (CROWN-Q), or both.
struct QatConfig {
  QatScope scope = QatScope::none;  // linears that are rounded; the penalty is over all of them, whatever this says
  QatStart start = QatStart::lr_scale;
  double start_at = 0.5;
  int64_t clip = 15;      // codes -clip-1..clip
  double quantile = 1.0;  // of |row| that maps to clip
  bool soft_round = false;
  double crown_q_lambda = 0.0;  // 0: no CROWN-Q penalty
};

enum class QuantScheme { row_absmax, gptq_lite, gptq_ascending, gptq };

enum class LqerScope { all, mlp, attn, embed };

struct QuantConfig {
  QuantScheme scheme = QuantScheme::row_absmax;
  int64_t keep_float_max_numel = 65536;
  // Comma-separated parts of names.
  std::string keep_f32_names = "attn_scale,mlp_scale,resid_mix,q_gain,skip_weight";
  std::string keep_f16_names;
  int64_t matrix_bits = 5;
  int64_t matrix_bits_kv = 0;  // 0, here and below: matrix_bits
  int64_t matrix_bits_mlp_fc = 0;
  int64_t matrix_bits_mlp_proj = 0;
  int64_t embed_bits = 8;
  int64_t int6_last_n = 0;
  double prune_fraction = 0.0;
  double matrix_clip_sigmas = 12.85;
  double attn_clip_sigmas = 0.0;  // 0, here and below: matrix_clip_sigmas
  double mlp_clip_sigmas = 0.0;
  double embed_clip_sigmas = 14.0;
  bool hadamard = false;
  bool gate_int8_rows = false;
  int64_t lqer_top_k = 0;  // 0: no LQER
  int64_t lqer_rank = 4;
  bool lqer_asym = true;
  int64_t lqer_asym_group = 64;
  int64_t lqer_factor_bits = 4;
  LqerScope lqer_scope = LqerScope::all;
  bool lqer_gain_select = false;
  int64_t awq_top_k = 0;  // 0: no protected groups
  int64_t awq_group_size = 64;
  int64_t awq_bits = 8;
  int64_t calibration_batches = 16;  // of calibration_batch_seqs rows of train.seq_len tokens, for the Hessians
  int64_t calibration_batch_seqs = 48;
};

enum class Codec { zstd, brotli_shuffle, per_group };

struct CodecConfig {
  Codec codec = Codec::zstd;
  int64_t level = 22;
  int64_t brotli_window = 22;
  int64_t shuffle_stride = 2;
  int64_t lrzip_level = 9;
};

enum class PlainPass { consecutive, sliding, packed };
enum class SlidingForm { covering, truncated, offset_only, lossy_first };

struct EvalConfig {
  int64_t seq_len = 1024;
  int64_t batch_seqs = 32;
  PlainPass plain = PlainPass::consecutive;  // what a script's eval_val does
  int64_t packed_batch_tokens = 524288;      // packed: tokens of a batch over all ranks; only whole batches are scored
  bool sliding = true;                       // a sliding pass is made
  SlidingForm sliding_form = SlidingForm::covering;
  int64_t stride = 64;
  int64_t probes = 16;  // targets at which normalisation and causality of the scored pass are measured
};

enum class TttKind { none, before_scoring, chunked, phased_lora };
enum class TttTrains { all, no_embeddings, last_blocks };
enum class TttOptimizer { sgd, adamw };
enum class LoraMlp { none, hidden, output };

struct TttConfig {
  bool enabled = false;
  TttKind kind = TttKind::none;

  // Of the base model.
  TttTrains trains = TttTrains::all;
  int64_t freeze_blocks = 0;
  TttOptimizer optimizer = TttOptimizer::sgd;
  int64_t epochs = 3;
  double lr = 0.002;
  double momentum = 0.9;
  double max_norm = 0.0;  // 0: no clipping
  int64_t chunk_tokens = 32768;
  int64_t batch_seqs = 32;

  // AdamW: of the base model, or with phased_lora of the adapters.
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0.0;

  // kind chunked.
  bool qat = false;  // the training forward rounds weights as late QAT would; scoring does not (PR 754)
  bool byte_weighted = false;
  double lr_ramp = 1.0;             // factor on the learning rate that is reached after 30 % of the chunks
  double polyak_decay = 0.0;        // 0: scores with the trained weights, else with their average
  double temperature = 1.0;         // 1: none
  double time_limit_seconds = 0.0;  // 0: none; afterwards chunks are scored but not trained on
  bool mixer = false;
  double mixer_eta = 0.1;
  int64_t mixer_min_tokens = 10000;
  bool mixer_entropy_expert = true;

  // kind phased_lora: adapters per document.
  double lora_lr = 1e-4;
  int64_t lora_rank = 80;
  double lora_alpha = 144.0;
  bool lora_q = true;
  bool lora_k = true;
  bool lora_v = true;
  bool lora_o = true;
  LoraMlp lora_mlp = LoraMlp::hidden;
  bool lora_warm_start = true;
  int64_t doc_batch = 64;
  int64_t doc_chunk_tokens = 48;
  int64_t doc_context_tokens = 2048;
  int64_t prefix_docs = 2500;
  int64_t phases = 3;
};

struct Config {
  ModelConfig model;
  DataConfig data;
  TrainConfig train;
  ScheduleConfig schedule;
  MuonConfig muon;
  AdamConfig adam;
  ClipConfig clip;
  AverageConfig average;
  QatConfig qat;
  QuantConfig quant;
  CodecConfig codec;
  EvalConfig eval;
  TttConfig ttt;
};

}  // namespace pgolf
