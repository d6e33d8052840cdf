// Adapters against the originals: losses per token and every gradient, for each lora_* file of the golden directory,
// and the factors drawn at the start of each evaluation that has any.
#include <gtest/gtest.h>

#include "engine/core/device_info.h"
#include "engine/core/transfer.h"
#include "engine/model/lora.h"
#include "tests/engine/model/model_golden.h"
#include "tests/float64/float64.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// Where the model runs, and how near its losses come, each gradient, and the gradient as a whole, by norm. On the CPU
// as tests/golden/README.md has it: losses as logits. bfloat16 as in gpt_golden_test.cc: the gradient as a whole.
struct Backend {
  Device device;
  DType compute;
  double loss, grad, whole_grad;
};
constexpr Backend kCpuBackend{kCpu, DType::f32, 2e-5, 1e-4, 1e-4};
constexpr Backend kGpuFloat32{Device{0}, DType::f32, 1e-4, 1e-4, 1e-4};
constexpr Backend kGpuBfloat16{Device{0}, DType::bf16, 2e-2, 0, 6e-2};

class LoraGolden : public testing::TestWithParam<const char*> {
 protected:
  void expect_all(const Backend& backend) const {
    const std::string pr = GetParam(), pattern = "lora_" + pr + "*";
    if (backend.device != kCpu && resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
    if (const std::string none = golden_missing({pattern, "model_" + pr + "_base"}); !none.empty())
      GTEST_SKIP() << none;
    for (const auto& path : golden_files(pattern)) expect_file(GoldenFile(path), backend);
  }

  // The base model is frozen, and no gradient reaches it.
  void expect_file(const GoldenFile& file, const Backend& backend) const {
    SCOPED_TRACE(file.name());
    Context ctx(backend.device, backend.compute);
    const GoldenValues ours = lora_golden(ctx, file);
    GoldenTolerance tolerance([&](uint64_t draw) { return lora_golden(file, draw); },
                              [&](uint64_t draw) { return pgolf_float64::lora_golden(file, draw); });
    const double coarser = backend.compute == DType::bf16 ? 1 << 16 : 1;  // 8 significant bits, not 24
    tolerance.expect_near("per_token_loss", ours.at("per_token_loss"), file.doubles("per_token_loss"), backend.loss,
                          coarser);
    std::vector<double> whole, expected;
    for (const std::string& adapter : file.names("lora_grad.")) {
      const std::string name = "lora_grad." + adapter;
      const std::vector<double>& grad = ours.at(name);
      const std::vector<double> exact = file.doubles(name);
      if (backend.grad > 0) tolerance.expect_near(name, grad, exact, backend.grad, coarser);
      whole.insert(whole.end(), grad.begin(), grad.end());
      expected.insert(expected.end(), exact.begin(), exact.end());
    }
    EXPECT_LT(relative_error(whole, expected), backend.whole_grad) << "the gradient as a whole";
    for (const std::string& param : base_parameters()) EXPECT_TRUE(ours.contains("no_grad." + param)) << param;
  }

  std::vector<std::string> base_parameters() const {
    return GoldenFile::named("model_" + std::string(GetParam()) + "_base").names("param.");
  }
};

TEST_P(LoraGolden, LossesAndGradients) { expect_all(kCpuBackend); }
TEST_P(LoraGolden, GpuLossesAndGradientsInFloat32) { expect_all(kGpuFloat32); }
TEST_P(LoraGolden, GpuLossesAndGradientsInBfloat16) { expect_all(kGpuBfloat16); }

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
