// Factors of adapters: how they are drawn, kept and restored.
#include "engine/model/lora.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/core/transfer.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

// A of the head and of one query map, each of more elements than are drawn at once.
struct Adapters {
  Adapters() : config(tiny_config("2143", 1)), ctx(kCpu) {
    ModelConfig& m = config.model;
    m.num_layers = 1;
    m.num_loops = 0;
    m.model_dim = 512;
    TttConfig& t = config.ttt;
    t.lora_rank = 80;
    t.lora_k = t.lora_v = t.lora_o = false;
    t.lora_mlp = LoraMlp::none;
    lora = std::make_unique<LoraSet>(ctx, m, t, kDocs);
  }
  std::vector<float> masters() { return download(ctx, lora->params().flat_masters()); }

  static constexpr int64_t kDocs = 30;
  Config config;
  Context ctx;
  std::unique_ptr<LoraSet> lora;
};

TEST(LoraSet, DrawsOneStreamOverAllFactors) {
  Adapters adapters;
  TorchRng rng(7), expected_rng(7);
  adapters.lora->draw(adapters.ctx, rng);
  const std::vector<float> a = adapters.lora->a(adapters.ctx);
  std::vector<float> expected(2 * 30 * 80 * 512);
  const auto bound = static_cast<float>(1 / std::sqrt(512.0));
  expected_rng.uniform(expected, -bound, bound);
  EXPECT_EQ(a, expected);
  EXPECT_EQ(rng, expected_rng);
  for (const char* name : {"lm_head_lora.B", "q_loras.0.B"})
    for (const float b : download(adapters.ctx, adapters.lora->params().get(name).master)) ASSERT_EQ(b, 0);
}

TEST(LoraSet, FactorsThatWereKeptAreRestored) {
  Adapters adapters;
  TorchRng rng(7);
  adapters.lora->draw(adapters.ctx, rng);
  const std::vector<float> fresh = adapters.masters(), a = adapters.lora->a(adapters.ctx);
  adapters.lora->draw(adapters.ctx, rng);
  EXPECT_NE(adapters.masters(), fresh);
  adapters.lora->set_a(adapters.ctx, a);
  EXPECT_EQ(adapters.masters(), fresh);
}

}  // namespace
}  // namespace pgolf
