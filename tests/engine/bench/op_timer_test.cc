#include "engine/bench/op_timer.h"

#include <gtest/gtest.h>

#include <set>

#include "engine/ops/linear.h"
#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

// The step's arena grows during the first repetition and moves before the second, so a gradient that was kept from the
// first would be a pointer to memory that is gone.
TEST(OpTimer, InputsKeepNoGradientOfAnEarlierStep) {
  Context ctx(kCpu);
  std::vector<OpTime> out;
  OpTimer timer(ctx, out);
  const int64_t rows = 3 << 15, width = 64;  // 25 MB: more than the arena's first block
  const Var x = timer.activation({rows, width}), w = timer.weight(width, width);
  const void* gradient = w.slot->grad.data;
  int runs = 0;
  timer.time("linear", 1, {1, 1, 1, 1}, [&] {
    EXPECT_FALSE(x.slot->grad.defined()) << "repetition " << runs;
    EXPECT_FALSE(x.slot->written);
    EXPECT_EQ(w.slot->grad.data, gradient);
    ++runs;
    return std::vector{linear(ctx, x, w)};
  });
  EXPECT_EQ(runs, Repeats{}.warm_up + Repeats{}.timed);
  ASSERT_EQ(out.size(), 1u);
  EXPECT_GT(out[0].forward.ms, 0);
  EXPECT_GT(out[0].backward.ms, 0);
}

// Products count as measured, passes over memory at the rate of a copy.
TEST(Roofline, IsTheSumOfWhatEachOpCouldTake) {
  BenchReport report;
  report.rates = {.matmul_tflops = 800, .copy_gbs = 4000};
  report.ops = {{"product", "", 2, {.ms = 3, .flops = 1e9, .bytes = 1e6}, {.ms = 4, .flops = 2e9, .bytes = 1e6}},
                {"pass", "", 3, {.ms = 2, .flops = 0, .bytes = 4e9}, {.ms = 5, .flops = 0, .bytes = 8e9}}};
  EXPECT_DOUBLE_EQ(report.roofline_ms(), 2 * (3 + 4) + 3 * (1 + 2));
}

class OpTableTest : public testing::TestWithParam<const char*> {};

TEST_P(OpTableTest, EveryOpOfTheSubmissionIsTimedOnce) {
  const ModelConfig model = tiny_config(GetParam(), 1).model;
  Context ctx(kCpu);
  std::set<std::string> names;
  for (const OpTime& op : time_ops(ctx, model, DType::f32, 2, 16)) {
    EXPECT_TRUE(names.insert(op.name).second) << op.name;
    EXPECT_GT(op.forward.ms, 0) << op.name;
    EXPECT_GT(op.calls, 0) << op.name;
    EXPECT_TRUE(op.backward.ms > 0 || op.backward.bytes == 0) << op.name;
  }
  for (const char* name :
       {"c_q, c_k, c_v", "attn.proj", "mlp", "head", "attention", "norm_rope q", "cross_entropy", "embedding"})
    EXPECT_TRUE(names.contains(name)) << name;
  EXPECT_EQ(names.contains("xsa"), model.xsa_last_n > 0);
  EXPECT_EQ(names.contains("gate_heads"), model.attn_gate != AttnGate::none && model.attn_gate != AttnGate::per_head);
}

INSTANTIATE_TEST_SUITE_P(Submissions, OpTableTest, testing::Values("334", "754", "849", "2143", "2097"));

}  // namespace
}  // namespace pgolf
