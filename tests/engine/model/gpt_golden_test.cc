// The whole model against the originals: loss, logits and every gradient, for every model_* file of the golden
// directory.
#include <gtest/gtest.h>

#include "engine/core/device_info.h"
#include "tests/engine/model/model_golden.h"
#include "tests/float64/float64.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

// Where a model runs, and how near it comes: to the loss, relative; to the logits, each gradient and the gradient as a
// whole, by norm(a-b)/norm(b).
struct Backend {
  Device device;
  DType compute;
  double loss, logits, grad, whole_grad;
};
// What float32 reaches: tests/golden/README.md.
constexpr Backend kCpuBackend{kCpu, DType::f32, 1e-6, 2e-5, 1e-4, 1e-4};
constexpr Backend kGpuFloat32{Device{0}, DType::f32, 1e-5, 1e-4, 1e-4, 1e-4};
constexpr Backend kGpuBfloat16{Device{0}, DType::bf16, 2e-3, 2e-2, 3e-2, 6e-2};

// In bfloat16 single gradients are rests of larger sums of rounded terms where the model passes a layer several times
// or ends in gates of a few numbers: there the gradient as a whole says whether the pass is right. What float32
// computes on the GPU is held to every gradient of every model.
bool holds_each_gradient(const Backend& backend, const ModelConfig& model) {
  return backend.compute == DType::f32 || (model.attn_gate == AttnGate::none && model.num_loops == 0);
}

void append(std::vector<double>& to, const std::vector<double>& values) {
  to.insert(to.end(), values.begin(), values.end());
}

void expect_file(const GoldenFile& file, const Backend& backend) {
  SCOPED_TRACE(file.name());
  Context ctx(backend.device, backend.compute);
  const GoldenValues ours = model_golden(ctx, file);
  GoldenTolerance tolerance([&](uint64_t draw) { return model_golden(file, draw); },
                            [&](uint64_t draw) { return pgolf_float64::model_golden(file, draw); });
  const double coarser = backend.compute == DType::bf16 ? 1 << 16 : 1;  // 8 significant bits, not 24
  const auto expect = [&](const std::string& name, double base) {
    ASSERT_TRUE(ours.contains(name)) << name << " has no counterpart";
    tolerance.expect_near(name, ours.at(name), file.doubles(name), base, coarser);
  };
  expect("loss", backend.loss);
  if (file.contains("logits")) expect("logits", backend.logits);
  std::vector<double> whole, expected_whole;
  const bool each = holds_each_gradient(backend, golden_config(file).model);
  for (const std::string& param : file.names("grad.")) {
    const std::string name = "grad." + param;
    if (each) expect(name, backend.grad);
    append(whole, ours.at(name));
    append(expected_whole, file.doubles(name));
  }
  EXPECT_LT(relative_error(whole, expected_whole), backend.whole_grad) << "the gradient as a whole";
  for (const auto& param : file.meta().value("no_grad", std::vector<std::string>{}))
    EXPECT_TRUE(ours.contains("no_grad." + param)) << param;
}

class ModelGolden : public testing::TestWithParam<const char*> {
 protected:
  const std::string prefix_ = std::string("model_") + GetParam();

  std::string missing() const { return golden_missing({prefix_ + "_base"}); }  // it holds every variant's parameters
  void expect_all(const Backend& backend) const {
    for (const auto& path : golden_files(prefix_ + "_*")) expect_file(GoldenFile(path), backend);
  }
};

TEST_P(ModelGolden, LossLogitsAndGradients) {
  if (const std::string none = missing(); !none.empty()) GTEST_SKIP() << none;
  expect_all(kCpuBackend);
}

TEST_P(ModelGolden, GpuLossLogitsAndGradientsInFloat32) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  if (const std::string none = missing(); !none.empty()) GTEST_SKIP() << none;
  expect_all(kGpuFloat32);
}

TEST_P(ModelGolden, GpuLossLogitsAndGradientsInBfloat16) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  if (const std::string none = missing(); !none.empty()) GTEST_SKIP() << none;
  expect_all(kGpuBfloat16);
}

// The float64 build is of the same sources: what it adds is digits.
TEST_P(ModelGolden, Float64IsTheSameFunction) {
  if (const std::string none = missing(); !none.empty()) GTEST_SKIP() << none;
  const GoldenFile file = GoldenFile::named(prefix_ + "_base");
  const GoldenValues ours = model_golden(file), exact = pgolf_float64::model_golden(file, 0);
  ASSERT_EQ(ours.size(), exact.size());
  std::vector<double> whole, exact_whole;
  for (const auto& [name, values] : exact) {
    append(whole, ours.at(name));
    append(exact_whole, values);
  }
  EXPECT_LT(relative_error(whole, exact_whole), 1e-5);
  EXPECT_GT(relative_error(whole, exact_whole), 1e-9);
}

INSTANTIATE_TEST_SUITE_P(Pr, ModelGolden, testing::ValuesIn(kGoldenPrs),
                         [](const auto& info) { return std::string(info.param); });

// A file that no test reads would be a vector that holds nothing.
TEST(GoldenFiles, EachHasATest) {
  std::vector<std::string> patterns{"optim_*", "loader_*", "clock_*", "quant_in", "quant_misc*"};
  for (const std::string pr : kGoldenPrs)
    for (const char* kind : {"model_", "lora_", "eval_", "quant_", "train_"}) {
      patterns.push_back(kind + pr);
      patterns.push_back(kind + pr + "_*");
    }
  std::vector<std::filesystem::path> all = golden_files("*");
  for (const std::string& pattern : patterns)
    for (const auto& path : golden_files(pattern)) std::erase(all, path);
  EXPECT_TRUE(all.empty()) << all.front() << " is of no known kind or submission";
}

}  // namespace
}  // namespace pgolf
