#include "tests/support/tiny_config.h"

#include <algorithm>

#include "engine/config/fields.h"
#include "tests/support/golden_config.h"

namespace pgolf {

Config tiny_config(const std::string& pr, int64_t world) {
  Config c = submission_config(pr);
  ModelConfig& m = c.model;
  m.vocab_size = 32;
  m.num_layers = 4;
  m.model_dim = 32;
  m.num_heads = 2;
  m.num_kv_heads = pr == "849" ? 2 : 1;
  m.mlp_hidden = 48;
  m.rope_dims = 8;
  m.rope_train_seq_len = 16;
  m.xsa_last_n = std::min<int64_t>(m.xsa_last_n, m.num_layers);
  if (m.bigram_vocab_size > 0) m.bigram_vocab_size = 16;
  m.bigram_dim = m.value_embed_dim = 8;
  if (!m.value_embed_layers.empty()) m.value_embed_layers = {2, 3};
  if (m.num_loops > 0) m.loop_start = 1, m.loop_end = 2;
  m.parallel_start_layer = std::min<int64_t>(m.parallel_start_layer, 3);
  m.table_rounding = Rounding::f32;
  c.train.seq_len = c.eval.seq_len = 16;
  c.train.world_size = world;
  c.train.grad_accum_steps = 1;
  c.train.batch_tokens = 16 * world;
  c.eval.packed_batch_tokens = 32 * world;
  c.eval.stride = 4;
  c.eval.batch_seqs = 4;
  c.eval.probes = 6;
  TttConfig& t = c.ttt;
  t.chunk_tokens = 128;
  t.batch_seqs = 2;
  t.mixer_min_tokens = 200;
  t.time_limit_seconds = 0;
  t.doc_batch = 3;
  t.doc_chunk_tokens = 4;
  t.doc_context_tokens = 12;
  t.lora_rank = 2;
  t.lora_alpha = 4;
  t.prefix_docs = 12;
  validate_config(c, [](std::string_view) { return "tiny"; });
  return c;
}

Config with_late_qat(Config config) {
  config.qat.scope = config.model.param_banks ? QatScope::small_linears : QatScope::all_linears;
  return config;
}

}  // namespace pgolf
