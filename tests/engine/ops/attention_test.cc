#include "engine/ops/attention.h"

#include <cmath>
#include <random>

#include "engine/core/device_info.h"
#include "engine/core/transfer.h"
#include "engine/ops/cast.h"
#include "tests/support/on_columns.h"

namespace pgolf {
namespace {

struct Sizes {
  int64_t B, T, H, G, d;
};

// First position that position t of the row may attend to.
int64_t segment_start(const std::vector<int32_t>& starts, int64_t t) {
  int64_t start = 0;
  for (const int32_t s : starts)
    if (s <= t) start = s;
  return start;
}

RefTensor reference_attention(const Sizes& s, const std::vector<int32_t>& starts, RefInputs in) {
  RefTensor y({s.B, s.T, s.H, s.d});
  for (int64_t b = 0; b < s.B; ++b)
    for (int64_t h = 0; h < s.H; ++h)
      for (int64_t t = 0; t < s.T; ++t) {
        const int64_t group = h / (s.H / s.G);
        double sum = 0;
        for (int64_t u = segment_start(starts, t); u <= t; ++u) {
          double score = 0;
          for (int64_t j = 0; j < s.d; ++j) score += in[0](b, t, h, j) * in[1](b, u, group, j);
          const double p = std::exp(score / std::sqrt(static_cast<double>(s.d)));
          sum += p;
          for (int64_t j = 0; j < s.d; ++j) y(b, t, h, j) += p * in[2](b, u, group, j);
        }
        for (int64_t j = 0; j < s.d; ++j) y(b, t, h, j) /= sum;
      }
  return y;
}

OpCase attention_case(std::string name, Sizes s, std::vector<int32_t> starts = {}) {
  OpCase op{.name = std::move(name),
            .inputs = {activation("q", {s.B, s.T, s.H, s.d}), activation("k", {s.B, s.T, s.G, s.d}),
                       activation("v", {s.B, s.T, s.G, s.d})},
            .run =
                [=](Context& ctx, Inputs in) {
                  const Segments segments = in.size() > 3 ? Segments{in[3].value, s.T} : Segments{};
                  return std::vector{attention(ctx, in[0], in[1], in[2], segments)};
                },
            .reference = [=](RefInputs in) { return std::vector{reference_attention(s, starts, in)}; }};
  if (!starts.empty()) op.inputs.push_back(integers("starts", starts));
  return op;
}

INSTANTIATE_TEST_SUITE_P(
    Attention, OpTest,
    testing::Values(attention_case("one_head", {1, 7, 1, 1, 4}), attention_case("grouped", {2, 9, 4, 2, 8}),
                    attention_case("one_group", {2, 5, 3, 1, 8}), attention_case("several_blocks", {1, 150, 2, 1, 16}),
                    attention_case("one_position", {3, 1, 2, 2, 8}),
                    attention_case("packed", {1, 20, 2, 1, 8}, {0, 3, 4, 13, 20}),
                    attention_case("packed_with_padding", {1, 140, 4, 2, 8}, {0, 1, 90, 140, 140, 140}),
                    on_columns(attention_case("grouped", {2, 9, 4, 2, 8}), 2),
                    on_columns(attention_case("whole_tiles", {1, 70, 2, 1, 64}), 2),
                    on_columns(attention_case("packed", {1, 20, 2, 1, 8}, {0, 3, 4, 13, 20}), 2)),
    op_case_name);

TEST(Attention, LargeScoresDoNotOverflow) {
  Context ctx(kCpu);
  std::vector<float> q(4, 1000.0F), k(4, 1000.0F), v = {1, 2, 3, 4};
  const Shape shape{1, 2, 1, 2};
  const Tensor y = attention(ctx, Tensor{q.data(), shape}, Tensor{k.data(), shape}, Tensor{v.data(), shape}).value;
  EXPECT_EQ(std::vector<float>(y.as<float>(), y.as<float>() + 4), (std::vector<float>{1, 2, 2, 3}));
}

// Bit for bit: positions from `changed` on get other queries, keys and values, whose scores are far larger.
void expect_earlier_rows_stay(Device device, DType compute) {
  const Sizes s{2, 330, 4, 2, 64};
  const auto output = [&](int64_t changed) {
    Context ctx(device, compute);
    std::mt19937_64 generator(7), other(8);
    std::normal_distribution<float> normal, other_normal;  // each remembers every second value
    const auto values = [&](int64_t heads, float scale) {
      std::vector<float> x;
      for (int64_t b = 0; b < s.B; ++b)
        for (int64_t t = 0; t < s.T; ++t)
          for (int64_t i = 0; i < heads * s.d; ++i) {
            const float kept = scale * normal(generator);
            x.push_back(t < changed ? kept : 3 * scale * other_normal(other));
          }
      return cast(ctx, upload(ctx, x, {s.B, s.T, heads, s.d}), ctx.compute()).value;
    };
    const Tensor q = values(s.H, 2), k = values(s.G, 2), v = values(s.G, 1);
    return download(ctx, cast(ctx, attention(ctx, q, k, v), DType::f32).value);
  };
  const std::vector<float> whole = output(s.T);
  for (const int64_t changed : {5, 21, 70, 133, 250}) {
    const std::vector<float> now = output(changed);
    int64_t different = 0;
    for (int64_t i = 0; i < s.B * s.T * s.H * s.d; ++i)
      different += i / (s.H * s.d) % s.T < changed && now[static_cast<size_t>(i)] != whole[static_cast<size_t>(i)];
    EXPECT_EQ(different, 0) << "from " << changed << " on";
  }
}

TEST(Attention, EarlierRowsDoNotDependOnLaterOnes) { expect_earlier_rows_stay(kCpu, DType::f32); }

TEST(Attention, GpuEarlierRowsDoNotDependOnLaterOnes) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  expect_earlier_rows_stay(Device{0}, DType::f32);
  expect_earlier_rows_stay(Device{0}, DType::bf16);
}

TEST(Attention, RefusesPackedBatches) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({2, 4, 1, 2}, DType::f32);
  EXPECT_THROW(attention(ctx, x, x, x, {ctx.zeros({2}, DType::i32), 4}), std::logic_error);
}

TEST(Attention, RefusesSegmentsThatDoNotCoverTheRow) {
  Context ctx(kCpu);
  const Tensor x = ctx.zeros({1, 4, 1, 2}, DType::f32);
  for (std::vector<int32_t> starts : {std::vector{0, 3}, std::vector{1, 4}, std::vector{0, 3, 2, 4}}) {
    const Tensor tensor{starts.data(), {static_cast<int64_t>(starts.size())}, DType::i32};
    EXPECT_THROW(attention(ctx, x, x, x, {tensor, 4}), std::logic_error);
  }
}

}  // namespace
}  // namespace pgolf
