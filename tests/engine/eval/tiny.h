// Tiny versions of the submissions' configurations, with random weights and text, for tests of their evaluation.
#pragma once

#include <random>

#include "engine/config/fields.h"
#include "tests/engine/eval/eval_fixture.h"
#include "tests/support/golden_config.h"

namespace pgolf {

inline Config tiny_config(const std::string& pr, int64_t world) {
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

// Documents of 4 to 60 tokens, BOS first; about `count` tokens. Bytes 1 to 4 a token, BOS none.
inline ValidationData tiny_text(const Config& config, size_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  ValidationData data;
  while (data.tokens.size() < count) {
    data.tokens.push_back(static_cast<int32_t>(config.data.bos_id));
    for (uint64_t length = 3 + generator() % 57; length > 0; --length)
      data.tokens.push_back(static_cast<int32_t>(2 + generator() % static_cast<uint64_t>(config.model.vocab_size - 2)));
  }
  for (const int32_t token : data.tokens)
    data.target_bytes.push_back(token == config.data.bos_id ? 0 : static_cast<uint16_t>(1 + generator() % 4));
  return data;
}

// A fixture with random weights and `count` tokens of random text.
inline std::unique_ptr<EvalFixture> tiny_fixture(const Config& config, uint64_t seed = 5, size_t count = 1000) {
  auto fixture = std::make_unique<EvalFixture>(config, tiny_text(config, count, seed), static_cast<int64_t>(seed));
  std::mt19937_64 generator(seed + 1);
  std::normal_distribution<float> normal(0.0F, 0.15F);
  for (const Param& param : fixture->params().list()) {
    std::vector<float> values(static_cast<size_t>(param.master.numel()));
    for (float& x : values) x = param.name.starts_with("softcap") ? 30.0F : normal(generator);
    fixture->set_param(param, values);
  }
  fixture->params().refresh(fixture->ctx());
  return fixture;
}

inline std::vector<float> weights_of(EvalFixture& fixture) {
  return download(fixture.ctx(), fixture.params().flat_masters());
}

}  // namespace pgolf
