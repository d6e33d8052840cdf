#include "engine/model/params.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "engine/core/transfer.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

ModelConfig small(const char* pr) {
  ModelConfig c = submission_config(pr).model;
  c.model_dim = 16;
  c.num_heads = c.num_kv_heads = 2;
  c.rope_dims = 8;
  c.mlp_hidden = 24;
  c.vocab_size = 11;
  c.gate_window = 4;
  return c;
}

void fill(Context& ctx, const Tensor& t, float first) {
  std::vector<float> v(static_cast<size_t>(t.numel()));
  std::iota(v.begin(), v.end(), first);
  ctx.copy(t, Tensor{v.data(), t.shape, DType::f32, kCpu});
}

TEST(Params, FlatLayoutHoldsEveryTensorOnceWithZerosBetween) {
  Context ctx(kCpu);
  for (const char* pr : {"334", "754", "849", "2143", "2097"}) {
    const ModelConfig config = small(pr);
    Params params(ctx, config);
    EXPECT_EQ(params.num_elements(), num_params(config)) << pr;
    for (const Param& p : params.list()) {
      EXPECT_EQ(p.offset % 64, 0);
      fill(ctx, p.master, 1);
    }
    double total = 0, expected = 0;
    for (const float x : download(ctx, params.flat_masters())) total += x;
    for (const Param& p : params.list()) expected += static_cast<double>(p.master.numel() * (p.master.numel() + 1)) / 2;
    EXPECT_EQ(total, expected) << pr;
  }
}

TEST(Params, BanksAndMatricesNameTheSameThing) {
  Context ctx(kCpu);
  ModelConfig config = small("754");
  Params banked(ctx, config);
  for (const Param& p : banked.list()) fill(ctx, p.master, static_cast<float>(p.offset));
  const int64_t L = config.num_layers;
  EXPECT_EQ(banked.matrix(2, MatrixKind::attn_proj).value.data, banked.get("qo_bank").master[L + 2].data);
  EXPECT_EQ(banked.matrix(1, MatrixKind::c_v).value.data, banked.get("kv_bank").master[L + 1].data);
  EXPECT_EQ(banked.matrix(1, MatrixKind::mlp_proj).value.shape, Shape({16, 24}));
  config.param_banks = false;
  Params plain(ctx, config);
  EXPECT_EQ(plain.matrix(2, MatrixKind::c_k).value.data, plain.get("blocks.2.attn.c_k.weight").master.data);
  // Outside banks both have the same tensors.
  std::map<std::string, Shape> a, b;
  for (const auto& named : banked.unbanked()) a[named.name] = named.value.shape;
  for (const auto& named : plain.unbanked()) b[named.name] = named.value.shape;
  EXPECT_EQ(a, b);
}

TEST(Params, GradientsOfBankSlicesAreSeparateAndAccumulate) {
  Context ctx(kCpu);
  Params params(ctx, small("754"));
  fill(ctx, params.flat_masters(), 0);
  fill(ctx, params.flat_grads(), 5);  // stale values that must not survive
  params.zero_grads(ctx);
  EXPECT_FALSE(params.get("kv_bank").has_grad());
  const auto contribute = [&](float value) {
    const GradTarget target = ctx.grad_target(params.bank_slice("kv_bank", 3));
    float* g = target.tensor.as<float>();
    for (int64_t i = 0; i < target.tensor.numel(); ++i) g[i] = target.add ? g[i] + value : value;
  };
  contribute(2);
  contribute(3);
  EXPECT_TRUE(params.get("kv_bank").has_grad());
  EXPECT_FALSE(params.get("qo_bank").has_grad());
  const Tensor& grad = params.get("kv_bank").grad;
  EXPECT_EQ(download(ctx, grad[3])[0], 5);
  for (const int64_t other : {0, 2, 4}) EXPECT_EQ(download(ctx, grad[other])[0], 0) << other;
}

TEST(Params, FrozenTensorsHaveNoSlot) {
  Context ctx(kCpu);
  Params params(ctx, small("334"));
  params.set_frozen([](const std::string& name) { return name.starts_with("blocks.0.") || name == "tok_emb.weight"; });
  EXPECT_FALSE(params.weight("tok_emb.weight").needs_grad());
  EXPECT_FALSE(params.matrix(0, MatrixKind::c_q).needs_grad());
  EXPECT_TRUE(params.matrix(1, MatrixKind::c_q).needs_grad());
  params.set_frozen([](const std::string&) { return false; });
  EXPECT_TRUE(params.weight("tok_emb.weight").needs_grad());
}

class ParamsFile : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove(path_); }
  std::string load_error(Params& into, std::string_view prefix = "") {
    try {
      into.load(ctx_, SafetensorsFile::open(path_), prefix);
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::submission);
      return e.what();
    }
    return "";
  }
  Context ctx_{kCpu};
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("params_test_" + std::to_string(::getpid()) + ".safetensors");
};

TEST_F(ParamsFile, RoundTrip) {
  Params params(ctx_, small("2097")), read(ctx_, small("2097"));
  for (const Param& p : params.list()) fill(ctx_, p.master, static_cast<float>(p.offset));
  params.save(ctx_, path_, {{"step", "7"}});
  EXPECT_EQ(load_error(read), "");
  EXPECT_EQ(download(ctx_, read.flat_masters()), download(ctx_, params.flat_masters()));
  EXPECT_EQ(SafetensorsFile::open(path_).metadata("step"), "7");

  FlatCopy average(ctx_, params);
  average.take(ctx_, params.flat_masters());
  fill(ctx_, params.get("qo_bank").master, -9);
  params.save(ctx_, path_, {}, average.values());
  EXPECT_EQ(load_error(params), "");
  EXPECT_EQ(download(ctx_, read.flat_masters()), download(ctx_, params.flat_masters()));
}

TEST_F(ParamsFile, RefusalsNameFileAndTensor) {
  ModelConfig base = small("334");
  base.num_layers = 10;  // 10 and 11 layers have the same number of skips
  ModelConfig deeper = base, wider = base, shallower = base;
  deeper.num_layers += 1;
  wider.bigram_dim += 1;
  shallower.num_layers -= 1;
  Params written(ctx_, base);
  written.save(ctx_, path_);
  Params a(ctx_, deeper), b(ctx_, wider), c(ctx_, shallower);
  EXPECT_THAT(load_error(a), testing::AllOf(HasSubstr(path_.string()), HasSubstr("blocks.10.")));
  EXPECT_THAT(load_error(b),
              testing::AllOf(HasSubstr("bigram.embed.weight"), HasSubstr("[2048, 64]"), HasSubstr("[2048, 65]")));
  EXPECT_THAT(load_error(c), testing::AllOf(HasSubstr("blocks.9."), HasSubstr("not in the model")));

  SafetensorsWriter integers;
  const std::vector<int32_t> v(4);
  integers.add("w", "I32", {4}, std::as_bytes(std::span(v)));
  integers.write(path_);
  Params one(ctx_, std::vector<ParamSpec>{{"w", {4}}});
  EXPECT_THAT(load_error(one), HasSubstr("'w' is I32"));
}

}  // namespace
}  // namespace pgolf
