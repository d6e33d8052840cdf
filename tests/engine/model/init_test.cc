// Initial weights: against the originals' modules, and the properties that every submission's must have.
#include "engine/model/init.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/codec/float16.h"
#include "engine/core/transfer.h"
#include "tests/engine/model/model_golden.h"
#include "tests/float64/float64.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

constexpr double kInitTolerance = 1e-5;  // by norm(a-b)/norm(b)

TEST(InitGolden, EveryTensorRightAfterConstruction) {
  std::vector<GoldenFile> files;
  for (const auto& path : golden_files("model_*_base"))
    if (GoldenFile file(path); !file.names("init.").empty()) files.push_back(std::move(file));
  if (files.empty()) GTEST_SKIP() << "no model_*_base.safetensors with init.* in " << golden_directory();
  for (const GoldenFile& file : files) {
    SCOPED_TRACE(file.name());
    const GoldenValues ours = init_golden(file);
    GoldenTolerance tolerance([&](uint64_t) { return init_golden(file); },
                              [&](uint64_t) { return pgolf_float64::init_golden(file); });
    EXPECT_EQ(file.names("init.").size(), ours.size());
    for (const auto& [name, values] : ours) {
      ASSERT_TRUE(file.contains(name)) << name;
      tolerance.expect_near(name, values, file.doubles(name), kInitTolerance);
    }
  }
}

class SubmissionInit : public testing::TestWithParam<const char*> {
 protected:
  // The submission's structure at a quarter of its width; every side that must be orthogonal stays at 64 or more.
  void SetUp() override {
    config_ = submission_config(GetParam()).model;
    config_.model_dim = 128;
    config_.num_heads = config_.num_kv_heads = 2;
    config_.mlp_hidden = 256;
    config_.vocab_size = 300;
    config_.bigram_vocab_size = std::min<int64_t>(config_.bigram_vocab_size, 64);
    params_ = std::make_unique<Params>(ctx_, config_);
    init_params(ctx_, *params_, config_, 1337);
  }

  // max |W Wᵀ - scale² I| (of the smaller side)
  double orthogonality_error(const Tensor& w, double scale) {
    const std::vector<float> v = download(ctx_, w);
    const int64_t rows = w.rows(), cols = w.cols(), n = std::min(rows, cols), m = std::max(rows, cols);
    double worst = 0;
    for (int64_t i = 0; i < n; ++i)
      for (int64_t j = 0; j <= i; ++j) {
        double dot = 0;
        for (int64_t k = 0; k < m; ++k)
          dot += rows <= cols ? static_cast<double>(v[i * cols + k]) * v[j * cols + k]
                              : static_cast<double>(v[k * cols + i]) * v[k * cols + j];
        worst = std::max(worst, std::abs(dot - (i == j ? scale * scale : 0)));
      }
    return worst;
  }

  ModelConfig config_;
  Context ctx_{kCpu};
  std::unique_ptr<Params> params_;
};

TEST_P(SubmissionInit, MatricesAreOrthogonalOrZero) {
  const double tolerance = config_.init_rounding == Rounding::bf16 ? 4e-3 : 1e-5;
  for (const int64_t layer : {int64_t{0}, config_.num_layers - 1})
    for (const MatrixKind kind : kMatrixKinds) {
      const Tensor w = params_->master_matrix(layer, kind);
      const bool zero = kind == MatrixKind::attn_proj || kind == MatrixKind::mlp_proj;
      const std::vector<float> v = download(ctx_, w);
      if (zero) {
        EXPECT_TRUE(std::all_of(v.begin(), v.end(), [](float x) { return x == 0; })) << matrix_name(layer, kind);
      } else {
        EXPECT_LT(orthogonality_error(w, 1), tolerance) << matrix_name(layer, kind);
      }
    }
  const double depth = 1 / std::sqrt(2.0 * static_cast<double>(config_.num_layers));
  for (const char* name : {"bigram.proj.weight", "ve_shared.proj.weight"})
    if (params_->contains(name)) {
      const double scale = config_.small_proj_depth_scale ? depth : 1;
      EXPECT_LT(orthogonality_error(params_->get(name).master, scale), tolerance) << name;
    }
}

TEST_P(SubmissionInit, TokenEmbeddingHasItsDeviationAndMastersTheirRounding) {
  const std::vector<float> emb = download(ctx_, params_->get("tok_emb.weight").master);
  double squares = 0;
  for (const float x : emb) squares += static_cast<double>(x) * x;
  EXPECT_NEAR(std::sqrt(squares / static_cast<double>(emb.size())), config_.tied_embed_init_std,
              0.02 * config_.tied_embed_init_std);
  if (config_.init_rounding != Rounding::bf16) return;
  for (const float x : download(ctx_, params_->flat_masters())) ASSERT_EQ(x, round_to_bf16(x));
}

TEST_P(SubmissionInit, IsAFunctionOfTheSeed) {
  Params again(ctx_, config_), other(ctx_, config_);
  init_params(ctx_, again, config_, 1337);
  init_params(ctx_, other, config_, 42);
  EXPECT_EQ(download(ctx_, again.flat_masters()), download(ctx_, params_->flat_masters()));
  EXPECT_NE(download(ctx_, other.flat_masters()), download(ctx_, params_->flat_masters()));
}

INSTANTIATE_TEST_SUITE_P(All, SubmissionInit, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return "Pr" + std::string(info.param); });

TEST(Init, ConstantsAsStored) {  // docs/techniques.md 1.1: bfloat16 roundings of 0.05, 0.1 and 1.1
  Context ctx(kCpu);
  const auto first = [&](const char* pr, const char* name) {
    ModelConfig config = submission_config(pr).model;
    config.model_dim = 64;
    config.mlp_hidden = 128;
    Params params(ctx, config);
    init_params(ctx, params, config, 1);
    return download(ctx, params.get(name).master.view({params.get(name).master.numel()}).slice(0, 1))[0];
  };
  EXPECT_EQ(first("754", "bigram.scale"), 0.050048828125F);
  EXPECT_EQ(first("334", "bigram.scale"), 0.05F);
  EXPECT_EQ(first("849", "ve_shared.scale"), 0.10009765625F);
  EXPECT_EQ(first("2097", "parallel_resid_lambdas"), 1.1015625F);
}

}  // namespace
}  // namespace pgolf
