// Adapters against the originals: losses per token and every gradient, for each lora_* file of the golden directory,
// and the factors drawn at the start of each evaluation that has any.
#include <gtest/gtest.h>

#include "engine/core/transfer.h"
#include "engine/model/gpt.h"
#include "tests/support/golden.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// tests/golden/README.md: losses as logits, 2e-5; gradients 1e-4 by norm.
constexpr double kLossTolerance = 2e-5, kGradTolerance = 1e-4;

void set_values(Context& ctx, const Param& param, std::vector<float> values) {
  ASSERT_EQ(static_cast<int64_t>(values.size()), param.master.numel()) << param.name;
  ctx.copy(param.master, {values.data(), param.master.shape, DType::f32, kCpu});
}

// "sum over rows of mean of per_token_loss[:,16:40]": the two numbers.
std::pair<int64_t, int64_t> loss_columns(const std::string& text) {
  const auto open = text.find("[:,"), colon = text.find(':', open + 3);
  return {std::stoll(text.substr(open + 3)), std::stoll(text.substr(colon + 1))};
}

class LoraGolden : public testing::TestWithParam<std::filesystem::path> {};

TEST_P(LoraGolden, LossesAndGradients) {
  const GoldenFile file(GetParam());
  SCOPED_TRACE(file.name());
  const Config config = golden_config(file);
  const GoldenFile base = GoldenFile::named("model_" + golden_pr(file) + "_base");
  const int64_t docs = file.shape("x")[0], T = file.shape("x")[1];
  Context ctx(kCpu);
  Params params(ctx, config.model);
  for (const Param& param : params.list()) set_values(ctx, param, base.floats("param." + param.name));
  params.refresh(ctx);
  params.set_frozen([](const std::string&) { return true; });
  LoraSet lora(ctx, config.model, config.ttt, docs);
  ASSERT_EQ(lora.params().list().size(), file.names("lora.").size());
  for (const Param& param : lora.params().list()) set_values(ctx, param, file.floats("lora." + param.name));
  lora.params().refresh(ctx);

  const Gpt model(config.model, params, config.data.bos_id);
  Pass pass;
  pass.ids = upload(ctx, file.ints("x"), {docs, T});
  pass.looping = file.meta().at("looping").get<bool>();
  pass.lora = &lora;
  ctx.start_tape();
  lora.params().zero_grads(ctx);
  const Var nll = model.token_nll(ctx, pass, upload(ctx, file.ints("y"), {docs, T}));
  EXPECT_LT(relative_error(download(ctx, nll.value), file.floats("per_token_loss")), kLossTolerance);

  const auto [first, last] = loss_columns(file.meta().at("loss").get<std::string>());
  std::vector<float> weights(static_cast<size_t>(docs * T), 0.0F);
  for (int64_t b = 0; b < docs; ++b)
    for (int64_t t = first; t < last; ++t)
      weights[static_cast<size_t>(b * T + t)] = 1.0F / static_cast<float>(last - first);
  ctx.backward(weighted_sum(ctx, nll, upload(ctx, weights, {docs * T})));
  for (const Param& param : lora.params().list())
    EXPECT_LT(relative_error(download(ctx, param.grad), file.floats("lora_grad." + param.name)), kGradTolerance)
        << param.name;
  for (const Param& param : params.list()) EXPECT_FALSE(param.has_grad()) << param.name;
}

INSTANTIATE_TEST_SUITE_P(Files, LoraGolden, testing::ValuesIn(golden_files("lora_*")),
                         [](const auto& info) { return info.param.stem().string(); });

TEST(LoraInitGolden, FactorsAreDrawnInOrderOfConstruction) {
  int files = 0;
  for (const auto& path : golden_files("eval_*")) {
    const GoldenFile file(path);
    const auto names = file.names("lora_init.");
    if (names.empty()) continue;
    SCOPED_TRACE(file.name());
    ++files;
    const Config config = golden_config(file);
    Context ctx(kCpu);
    LoraSet lora(ctx, config.model, config.ttt, config.ttt.doc_batch);
    TorchRng rng(file.meta().at("torch_seed").get<uint64_t>());
    lora.draw(ctx, rng);
    for (const auto& name : names)
      EXPECT_EQ(download(ctx, lora.params().get(name).master), file.floats("lora_init." + name)) << name;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace pgolf
