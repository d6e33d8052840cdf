// Codes and scales computed on the GPU against their CPU definition: the same bits, for any shape.
#include <gtest/gtest.h>

#include <random>

#include "engine/core/device_info.h"
#include "engine/quant/linalg.h"
#include "engine/quant/quantize.h"

namespace pgolf {
namespace {

constexpr Device kGpu{0};
constexpr uint32_t kSeed = 90210;

struct Matrix {
  int64_t rows, cols;
};

// Weights with a few far ones, so that clipping pays, and a row each of zeros and of one value; the Hessian of inputs
// that resemble their neighbours, and of which one is never reached.
struct Case {
  std::vector<float> weights, hessian, rms;

  Case(Matrix shape, float sigma) {
    const auto [rows, cols] = shape;
    std::mt19937 rng(kSeed + static_cast<uint32_t>(rows * 131 + cols));
    std::normal_distribution<float> normal;
    for (int64_t i = 0; i < rows * cols; ++i) {
      const float x = normal(rng);
      weights.push_back(sigma * (i % 7 == 0 ? x * x * x : x));
    }
    if (rows > 2) std::fill_n(weights.begin(), cols, 0.0F);
    if (rows > 2) std::fill_n(weights.begin() + cols, cols, -0.5F * sigma);
    const int64_t samples = cols + 64;
    std::vector<float> x(static_cast<size_t>(samples * cols)), transposed(x);
    for (int64_t i = 0; i < samples; ++i) {
      float shared = 0;
      for (int64_t j = 0; j < cols; ++j) {
        shared = 0.7F * shared + normal(rng);
        const float value = cols > 8 && j == 5 ? 0 : shared * static_cast<float>(1 + j % 3);
        x[static_cast<size_t>(i * cols + j)] = transposed[static_cast<size_t>(j * samples + i)] = value;
      }
    }
    hessian.resize(static_cast<size_t>(cols * cols));
    add_product(1.0F / static_cast<float>(samples), transposed.data(), x.data(), cols, hessian.data(), cols, cols,
                samples, cols);
    rms.assign(static_cast<size_t>(cols), 1.0F);
  }
};

PlanEntry entry(Matrix shape, Coding coding, int64_t bits) {
  PlanEntry e;
  e.name = "blocks.0.attn.c_q.weight";
  e.shape = {shape.rows, shape.cols};
  e.coding = coding;
  e.bits = bits;
  e.clip_sigmas = 4;
  return e;
}

void expect_same(const ArtifactTensor& gpu, const ArtifactTensor& cpu) {
  ASSERT_EQ(gpu.parts.size(), cpu.parts.size());
  EXPECT_EQ(gpu.encoding, cpu.encoding);
  for (size_t p = 0; p < cpu.parts.size(); ++p) {
    ASSERT_EQ(gpu.parts[p].bytes.size(), cpu.parts[p].bytes.size());
    size_t different = 0;
    for (size_t i = 0; i < cpu.parts[p].bytes.size(); ++i) different += gpu.parts[p].bytes[i] != cpu.parts[p].bytes[i];
    EXPECT_EQ(different, 0U) << "bytes of " << cpu.parts[p].bytes.size() << " of part " << cpu.parts[p].key;
  }
}

void expect_same_on_both(const PlanEntry& e, const Case& c, const ProtectedGroups& groups = {}) {
  SCOPED_TRACE(testing::Message() << "coding " << static_cast<int>(e.coding) << ", " << e.bits << " bits, " << e.rows()
                                  << " x " << e.cols() << ", seed " << kSeed);
  QuantConfig config;
  config.awq_group_size = 16;
  CodingDevice cpu(kCpu), gpu(kGpu);
  const QuantInput input{c.weights, c.hessian, c.rms};
  expect_same(quantize(gpu, e, config, input, groups), quantize(cpu, e, config, input, groups));
}

class QuantizeGpu : public testing::TestWithParam<Matrix> {
 protected:
  void SetUp() override {
    if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  }
};

TEST_P(QuantizeGpu, CodesAreThoseOfTheCpu) {
  for (const float sigma : {0.02F, 0.4F, 30.0F}) {  // below, about and above the floor of the scales
    const Case c(GetParam(), sigma);
    for (const auto& [coding, bits] : {std::pair<Coding, int64_t>{Coding::row_absmax, 5},
                                       {Coding::row_quantile, 8},
                                       {Coding::clip_search, 6},
                                       {Coding::gate_rows, 8},
                                       {Coding::gptq_ascending, 5},
                                       {Coding::gptq, 4},
                                       {Coding::gptq, 8}})
      expect_same_on_both(entry(GetParam(), coding, bits), c);
  }
}

TEST_P(QuantizeGpu, PruningAndProtectedColumnsToo) {
  const Case c(GetParam(), 0.1F);
  PlanEntry e = entry(GetParam(), Coding::gptq_ascending, 6);
  e.prune_fraction = 0.1;
  expect_same_on_both(e, c);
  if (GetParam().cols >= 48) expect_same_on_both(entry(GetParam(), Coding::gptq, 5), c, {0, 32});
}

INSTANTIATE_TEST_SUITE_P(Shapes, QuantizeGpu,
                         testing::Values(Matrix{1, 1}, Matrix{3, 7}, Matrix{5, 32}, Matrix{4, 33}, Matrix{8, 64},
                                         Matrix{37, 129}, Matrix{130, 300}, Matrix{513, 512}, Matrix{66, 1023},
                                         Matrix{512, 2048}),
                         [](const auto& info) {
                           return std::to_string(info.param.rows) + "x" + std::to_string(info.param.cols);
                         });

// Only rows are wide here: the Hessian is left out.
TEST(QuantizeGpuRows, WideRowsAndLongTables) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  for (const Matrix shape : {Matrix{3, 4096}, Matrix{3, 4097}, Matrix{2, 8192}, Matrix{2, 8193}, Matrix{12288, 64}}) {
    std::mt19937 rng(kSeed);
    std::normal_distribution<float> normal;
    Case c({1, 1}, 1);
    c.weights.assign(static_cast<size_t>(shape.rows * shape.cols), 0);
    for (float& w : c.weights) w = 2 * normal(rng);
    for (const auto& [coding, bits] :
         {std::pair<Coding, int64_t>{Coding::row_absmax, 6}, {Coding::row_quantile, 8}, {Coding::clip_search, 6}})
      expect_same_on_both(entry(shape, coding, bits), c);
  }
}

// Several tensors at once, from several threads, twice.
TEST(QuantizeGpuModel, AModelIsTheSameOnBothAndTwice) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  const Matrix shape{96, 128};
  const Case c(shape, 0.1F);
  QuantConfig config;
  config.scheme = QuantScheme::gptq;
  config.keep_f32_names = "";
  config.keep_float_max_numel = 100;
  config.matrix_bits = 5;
  config.embed_bits = 7;
  config.matrix_clip_sigmas = config.embed_clip_sigmas = 6;
  config.hadamard = true;
  config.lqer_top_k = 3;
  config.awq_top_k = 2;
  std::vector<ParamSpec> specs{{"tok_emb.weight", {shape.rows, shape.cols}}};
  for (int layer = 0; layer < 8; ++layer)
    for (const char* kind : {"attn.c_q", "mlp.fc"})
      specs.push_back({"blocks." + std::to_string(layer) + "." + kind + ".weight", {shape.rows, shape.cols}});
  const QuantPlan plan = make_plan(config, 8, specs);
  const auto quantized = [&](Device device) {
    return quantize_model(device, plan, [&](const PlanEntry&) { return QuantInput{c.weights, c.hessian, c.rms}; });
  };
  const auto cpu = quantized(kCpu), once = quantized(kGpu), twice = quantized(kGpu);
  for (size_t i = 0; i < cpu.size(); ++i) {
    SCOPED_TRACE(cpu[i].name);
    expect_same(once[i], cpu[i]);
    expect_same(twice[i], once[i]);
  }
}

}  // namespace
}  // namespace pgolf
