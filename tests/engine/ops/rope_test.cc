#include "engine/ops/rope.h"

#include <cmath>

#include "tests/support/on_columns.h"

namespace pgolf {
namespace {

OpCase norm_rope_case(std::string name, Shape shape, RopeSpec spec, bool with_gain) {
  return {.name = std::move(name),
          .inputs = {activation("x", shape, 2), parameter("gain", {shape[2]}, 1.5, 0.5)},
          .run =
              [=](Context& ctx, Inputs in) {
                const RopeTable table = make_rope_table(ctx, spec, shape[1]);
                return std::vector{norm_rope(ctx, in[0], table, with_gain ? in[1] : Var{})};
              },
          .reference =
              [=](RefInputs in) {
                RefTensor y(shape);
                const int64_t half = spec.dims / 2, d = shape[3];
                for (int64_t b = 0; b < shape[0]; ++b)
                  for (int64_t t = 0; t < shape[1]; ++t)
                    for (int64_t h = 0; h < shape[2]; ++h) {
                      double squares = 0;
                      for (int64_t j = 0; j < d; ++j) squares += std::pow(in[0](b, t, h, j), 2);
                      const double factor =
                          (with_gain ? in[1](h) : 1) / std::sqrt(squares / static_cast<double>(d) + 0x1p-23);
                      for (int64_t j = 0; j < d; ++j) y(b, t, h, j) = factor * in[0](b, t, h, j);
                      for (int64_t j = 0; j < half; ++j) {
                        const double angle =
                            static_cast<double>(t) *
                            std::pow(spec.base, -2.0 * static_cast<double>(j) / static_cast<double>(spec.dims));
                        const double a = y(b, t, h, j), c = y(b, t, h, j + half);
                        y(b, t, h, j) = a * std::cos(angle) + c * std::sin(angle);
                        y(b, t, h, j + half) = -a * std::sin(angle) + c * std::cos(angle);
                      }
                    }
                return std::vector{y};
              }};
}

OpCase without_gain(OpCase op) {
  op.inputs.pop_back();
  return op;
}

INSTANTIATE_TEST_SUITE_P(NormRope, OpTest,
                         testing::Values(norm_rope_case("partial", {2, 40, 3, 32}, {.dims = 16, .base = 50000}, true),
                                         norm_rope_case("whole_head", {1, 5, 2, 8}, {.dims = 8, .base = 100}, true),
                                         norm_rope_case("no_rotation", {1, 5, 2, 8}, {.dims = 0}, true),
                                         without_gain(norm_rope_case("no_gain", {2, 9, 2, 16},
                                                                     {.dims = 4, .base = 1000}, false)),
                                         on_columns(norm_rope_case("partial", {2, 40, 3, 32}, {.dims = 16}, true), 0),
                                         on_columns(norm_rope_case("odd", {2, 9, 3, 6}, {.dims = 2}, true), 0)),
                         op_case_name);

float cos_at(const RopeSpec& spec, int64_t T, int64_t t, int64_t j) {
  Context ctx(kCpu);
  return make_rope_table(ctx, spec, T).cos[t].as<float>()[j];
}

TEST(RopeTable, LengthRuleRescalesTheBaseBeyondItsLimit) {
  const RopeSpec plain{.dims = 16, .base = 10000}, rule{.dims = 16, .base = 10000, .ntk = true, .ntk_from = 1024};
  EXPECT_EQ(cos_at(rule, 1024, 7, 3), cos_at(plain, 1024, 7, 3));
  // 10000 · 2^(16/14) = 22081.79 (techniques.md, 2.6)
  EXPECT_FLOAT_EQ(cos_at(rule, 2048, 7, 3), cos_at({.dims = 16, .base = 22081.790}, 2048, 7, 3));
  EXPECT_NE(cos_at(rule, 2048, 7, 3), cos_at(plain, 2048, 7, 3));
}

TEST(RopeTable, FrequenciesAreRoundedToBfloat16UnlessRescaled) {
  const std::vector<double> rounded = {1,
                                       0.31640625,
                                       0.10009765625,
                                       0.03173828125,
                                       0.010009765625,
                                       0.0031585693359375,
                                       0.00099945068359375,
                                       0.000316619873046875};
  const RopeSpec spec{.dims = 16, .base = 10000, .ntk = true, .ntk_from = 64, .bf16_freqs = true};
  for (size_t j = 0; j < rounded.size(); ++j)
    EXPECT_EQ(cos_at(spec, 64, 63, static_cast<int64_t>(j)), static_cast<float>(std::cos(63 * rounded[j]))) << j;
  EXPECT_EQ(cos_at(spec, 65, 63, 1), cos_at({.dims = 16, .base = 10000, .ntk = true, .ntk_from = 64}, 65, 63, 1));
}

// As PyTorch computes outer(arange(T, bfloat16), frequencies in bfloat16): 257 is a tie and becomes 256, and 256 · f_1
// = 81; 299 becomes 300, and 300 · f_1 = 94.921875 becomes 95.
TEST(RopeTable, AnglesAreRoundedToBfloat16UnlessRescaled) {
  const RopeSpec exact{.dims = 16, .base = 10000, .ntk = true, .ntk_from = 300, .bf16_freqs = true};
  RopeSpec spec = exact;
  spec.bf16_angles = true;
  EXPECT_EQ(cos_at(spec, 300, 257, 0), static_cast<float>(std::cos(256.0)));
  EXPECT_EQ(cos_at(spec, 300, 257, 1), static_cast<float>(std::cos(81.0)));
  EXPECT_EQ(cos_at(spec, 300, 299, 1), static_cast<float>(std::cos(95.0)));
  EXPECT_EQ(cos_at(spec, 300, 256, 0), cos_at(exact, 300, 256, 0));  // whole numbers up to 256 are exact
  EXPECT_EQ(cos_at(spec, 301, 299, 1), cos_at(exact, 301, 299, 1));
}

TEST(RopeTable, NoDimensionsNoTable) {
  Context ctx(kCpu);
  EXPECT_EQ(make_rope_table(ctx, {.dims = 0}, 8).dims(), 0);
  EXPECT_THROW(make_rope_table(ctx, {.dims = 3}, 8), std::logic_error);
}

}  // namespace
}  // namespace pgolf
