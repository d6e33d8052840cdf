// Random weights and text for tiny models, for tests of their evaluation.
#pragma once

#include <random>

#include "tests/engine/eval/eval_fixture.h"
#include "tests/support/tiny_config.h"

namespace pgolf {

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
