// What a model is: the part of a configuration that decides its tensors and what it computes from them.
#pragma once

#include <cstdint>
#include <vector>

namespace pgolf {

enum class RopeScaling { none, ntk };
enum class RopeFreqs { f32, bf16, bf16_eager };
enum class Smear { none, fixed, windowed };
enum class BigramHash { additive, xor_ };
enum class Skips { add, gated };
enum class ValueResidual { none, blend, input };
enum class AttnGate { none, linear, per_head, sparse, attn_out, dense };
enum class ParallelResidual { none, sum, two_lane };
enum class FinalLane { mean, attn, mlp };
enum class SmoothingForm { as_run, standard };
enum class TokEmbInit { construction, init_weights };
enum class Rounding { f32, bf16 };

struct ModelConfig {
  int64_t vocab_size = 1024;
  int64_t num_layers = 11;
  int64_t model_dim = 512;
  int64_t num_heads = 8;
  int64_t num_kv_heads = 4;
  int64_t mlp_hidden = 1536;
  double mlp_slope = 0.0;  // activation (leaky_relu_slope(h))^2
  double logit_softcap = 30.0;

  double rope_base = 10000.0;
  int64_t rope_dims = 16;
  RopeScaling rope_scaling = RopeScaling::none;
  int64_t rope_train_seq_len = 1024;
  RopeFreqs rope_freqs = RopeFreqs::f32;
  double qk_gain_init = 1.5;
  bool ln_scale = true;  // 1/sqrt(layer+1) on both norms of a block

  int64_t bigram_vocab_size = 0;  // 0: no bigram embedding
  int64_t bigram_dim = 128;
  BigramHash bigram_hash = BigramHash::xor_;
  Smear smear = Smear::none;
  int64_t gate_window = 12;  // leading dimensions that windowed smear and sparse gates read
  Skips skips = Skips::add;
  int64_t xsa_last_n = 0;
  ValueResidual value_residual = ValueResidual::none;
  std::vector<int64_t> value_embed_layers;
  int64_t value_embed_dim = 128;
  AttnGate attn_gate = AttnGate::none;
  double attn_gate_scale = 1.0;
  bool dtg_gate = false;

  int64_t loop_start = 0;
  int64_t loop_end = 0;
  int64_t num_loops = 0;  // extra passes over layers loop_start..loop_end; 0: no depth recurrence
  ParallelResidual parallel_residual = ParallelResidual::none;
  int64_t parallel_start_layer = 0;
  FinalLane parallel_final_lane = FinalLane::mean;
  bool asymmetric_softcap = false;
  double label_smoothing = 0.0;
  SmoothingForm label_smoothing_form = SmoothingForm::standard;

  bool param_banks = false;  // matrices of one kind stored and optimised as one tensor
  double tied_embed_init_std = 0.005;
  TokEmbInit tok_emb_init = TokEmbInit::init_weights;
  bool small_proj_depth_scale = false;  // bigram.proj and ve_shared.proj start times 1/sqrt(2L)
  Rounding init_rounding = Rounding::f32;
  Rounding table_rounding = Rounding::f32;  // of embedding tables and their optimizer state, after every update

  int64_t head_dim() const { return model_dim / num_heads; }
};

}  // namespace pgolf
