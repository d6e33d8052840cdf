#include "engine/ops/squared_mlp.h"

#include "engine/core/backend.h"
#include "engine/core/device_info.h"
#include "engine/ops/activation.h"
#include "engine/ops/linear.h"
#include "tests/support/op_check.h"

namespace pgolf {
namespace {

struct Sizes {
  int64_t rows, in, hidden, out;
};

// Σ leaky_relu(x W₁ᵀ)² W₂ᵀ, onto a summand where there is one.
RefTensor reference_mlp(const Sizes& s, double slope, RefInputs in) {
  RefTensor y({s.rows, s.out});
  for (int64_t t = 0; t < s.rows; ++t)
    for (int64_t i = 0; i < s.hidden; ++i) {
      double h = 0;
      for (int64_t k = 0; k < s.in; ++k) h += in[0](t, k) * in[1](i, k);
      const double leaky = h > 0 ? h : slope * h;
      for (int64_t o = 0; o < s.out; ++o) y(t, o) += leaky * leaky * in[2](o, i);
    }
  if (in.size() > 3)
    for (size_t i = 0; i < y.data.size(); ++i) y.data[i] += in[3].data[i];
  return y;
}

OpCase mlp_case(std::string name, Sizes s, float slope, bool onto_stream) {
  OpCase op{.name = std::move(name),
            .inputs = {activation("x", {s.rows, s.in}), weight("up", {s.hidden, s.in}, 0.3),
                       weight("down", {s.out, s.hidden}, 0.3)},
            .run =
                [slope](Context& ctx, Inputs in) {
                  return std::vector{squared_mlp(ctx, in[0], in[1], slope, in[2], in.size() > 3 ? in[3] : Var{})};
                },
            .reference = [=](RefInputs in) { return std::vector{reference_mlp(s, slope, in)}; }};
  if (onto_stream) op.inputs.push_back(stream("onto", {s.rows, s.out}));
  return op;
}

// With rows and widths that fill tiles of 128, and that do not; the odd widths are beyond the fused products.
INSTANTIATE_TEST_SUITE_P(SquaredMlp, OpTest,
                         testing::Values(mlp_case("leaky", {9, 16, 24, 8}, 0.5F, false),
                                         mlp_case("relu", {130, 8, 136, 8}, 0.0F, true),
                                         mlp_case("whole_tiles", {128, 16, 128, 8}, 0.9F, true),
                                         mlp_case("odd", {7, 5, 9, 3}, 0.5F, true)),
                         op_case_name);

// Two blocks work on tiles one below the other; the second writes its signs even where there are no rows for it.
TEST(SquaredMlp, SignsCoverPairsOfTiles) {
  EXPECT_EQ(sign_words(128, 128), 1024);
  EXPECT_EQ(sign_words(256, 128), 1024);
  EXPECT_EQ(sign_words(257, 129), 4096);
  EXPECT_EQ(sign_words(98304, 1536), int64_t{98304} * 1536 / 32);
}

// With one tile of rows, and with three.
TEST(SquaredMlp, GpuSignsStayInTheirMemory) {
  const Device device = resolve_device("auto");
  if (device.is_cpu()) GTEST_SKIP() << "no CUDA device";
  Context ctx(device);
  for (const int64_t rows : {128, 300}) {
    const Tensor x = ctx.zeros({rows, 64}, DType::bf16), up = ctx.zeros({256, 64}, DType::bf16);
    const int64_t words = sign_words(rows, 256), beyond = 4096;
    const Tensor a = ctx.alloc({rows, 256}), memory = ctx.alloc({words + beyond}, DType::i32);
    const std::vector<int32_t> before(static_cast<size_t>(words + beyond), 7);
    ctx.copy(memory, {const_cast<int32_t*>(before.data()), memory.shape, DType::i32, kCpu});
    on_device(device, [&](auto b) {
      using Product = SquaredProduct<decltype(b)>;
      if (Product::takes(ctx, x, up)) Product::forward(ctx, x, up, 0.5F, a, memory.slice(0, words));
    });
    std::vector<int32_t> after(before.size());
    ctx.copy({after.data(), memory.shape, DType::i32, kCpu}, memory);
    EXPECT_TRUE(std::equal(after.begin() + words, after.end(), before.begin() + words)) << rows;
  }
}

TEST(SquaredMlp, CpuComputesTheDefinition) {
  Context ctx(kCpu);
  std::vector<float> x = {1, -2, 0.5F, 3}, up = {1, 2, -1, 0.25F, 3, 1}, down = {1, -1, 2};
  const Tensor X{x.data(), {2, 2}}, U{up.data(), {3, 2}}, D{down.data(), {1, 3}};
  const Tensor y = squared_mlp(ctx, X, U, 0.5F, D).value,
               parts = activated_linear(ctx, linear(ctx, X, U), 0.5F, D).value;
  for (int64_t t = 0; t < 2; ++t) EXPECT_EQ(y.as<float>()[t], parts.as<float>()[t]);
  // h = (-3, -1.5, 1), leaky squares (2.25, 0.5625, 1).
  EXPECT_FLOAT_EQ(y.as<float>()[0], 2.25F - 0.5625F + 2);
}

TEST(SquaredMlp, RefusesMatricesThatDoNotMeet) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({2, 4}, DType::f32);
  EXPECT_THROW(squared_mlp(ctx, x, ctx.zeros({6, 3}, DType::f32), 0, ctx.zeros({4, 6}, DType::f32)), std::logic_error);
  EXPECT_THROW(squared_mlp(ctx, x, ctx.zeros({6, 4}, DType::f32), 0, ctx.zeros({4, 5}, DType::f32)), std::logic_error);
}

}  // namespace
}  // namespace pgolf
