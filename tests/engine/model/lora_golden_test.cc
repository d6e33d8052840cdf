// Adapters against the originals: losses per token and every gradient, for each lora_* file of the golden directory,
// and the factors drawn at the start of each evaluation that has any.
#include <gtest/gtest.h>

#include "engine/core/transfer.h"
#include "engine/model/lora.h"
#include "tests/engine/model/model_golden.h"
#include "tests/float64/float64.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// tests/golden/README.md: losses as logits, 2e-5; gradients 1e-4 by norm.
constexpr double kLossTolerance = 2e-5, kGradTolerance = 1e-4;

class LoraGolden : public testing::TestWithParam<const char*> {};

TEST_P(LoraGolden, LossesAndGradients) {
  const std::string pr = GetParam(), pattern = "lora_" + pr + "*";
  if (const std::string none = golden_missing({pattern, "model_" + pr + "_base"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files(pattern)) {
    const GoldenFile file(path);
    SCOPED_TRACE(file.name());
    const GoldenValues ours = lora_golden(file);
    GoldenTolerance tolerance([&](uint64_t draw) { return lora_golden(file, draw); },
                              [&](uint64_t draw) { return pgolf_float64::lora_golden(file, draw); });
    tolerance.expect_near("per_token_loss", ours.at("per_token_loss"), file.doubles("per_token_loss"), kLossTolerance);
    for (const std::string& adapter : file.names("lora_grad.")) {
      const std::string name = "lora_grad." + adapter;
      tolerance.expect_near(name, ours.at(name), file.doubles(name), kGradTolerance);
    }
    for (const std::string& param : GoldenFile::named("model_" + pr + "_base").names("param."))
      EXPECT_TRUE(ours.contains("no_grad." + param)) << param;
  }
}

TEST_P(LoraGolden, FactorsAreDrawnInOrderOfConstruction) {
  const std::string pattern = std::string("eval_") + GetParam() + "*";
  if (const std::string none = golden_missing({pattern}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files(pattern)) {
    const GoldenFile file(path);
    SCOPED_TRACE(file.name());
    const auto names = file.names("lora_init.");
    if (names.empty()) continue;
    const Config config = golden_config(file);
    Context ctx(kCpu);
    LoraSet lora(ctx, config.model, config.ttt, config.ttt.doc_batch);
    TorchRng rng(file.torch_seed());
    lora.draw(ctx, rng);
    for (const auto& name : names)
      EXPECT_EQ(download(ctx, lora.params().get(name).master), file.floats("lora_init." + name)) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Pr, LoraGolden, testing::Values("2143", "2097"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace pgolf
