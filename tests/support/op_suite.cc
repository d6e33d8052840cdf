// The checks that every op case goes through. This file instantiates nothing: test files do, with their cases.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <ostream>
#include <random>

#include "engine/core/device_info.h"
#include "engine/core/parallel.h"
#include "tests/support/op_run.h"

namespace pgolf {
namespace {

using Doubles = std::vector<double>;

// `actual` within `tolerance` of `expected` by norm. Gradients that are exactly zero meet rounding errors of
// differences.
template <class A, class B>
void expect_near(const std::string& what, const A& actual, const B& expected, double tolerance) {
  constexpr double kRounding = 1e-8;
  ASSERT_EQ(actual.size(), expected.size()) << what;
  double difference = 0, norm = 0;
  for (size_t i = 0; i < actual.size(); ++i) {
    difference += std::pow(static_cast<double>(actual[i]) - static_cast<double>(expected[i]), 2);
    norm += std::pow(static_cast<double>(expected[i]), 2);
  }
  EXPECT_LE(std::sqrt(difference), tolerance * std::sqrt(norm) + kRounding)
      << what << ": relative error " << std::sqrt(difference / norm) << " of " << actual.size() << " values";
}

void expect_same_bits(const std::string& what, const OpResult& a, const OpResult& b) {
  const auto equal = [](const Floats& x, const Floats& y) {
    return x.size() == y.size() && (x.empty() || std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0);
  };
  for (size_t i = 0; i < a.outputs.size(); ++i)
    EXPECT_TRUE(equal(a.outputs[i], b.outputs[i])) << what << ": output " << i;
  for (size_t i = 0; i < a.grads.size(); ++i) EXPECT_TRUE(equal(a.grads[i], b.grads[i])) << what << ": gradient " << i;
}

// sum over outputs of upstream · y, in float64.
double reference_loss(const OpCase& op, const std::vector<RefTensor>& inputs) {
  const std::vector<RefTensor> outputs = (op.surrogate ? op.surrogate : op.reference)(inputs);
  double loss = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Floats weights = upstream(op, i, outputs[i].shape.numel());
    for (size_t j = 0; j < weights.size(); ++j) loss += weights[j] * outputs[i].data[j];
  }
  return loss;
}

// Directions of an input's space: its axes where there are few, else random ones.
std::vector<Doubles> directions(const OpCase& op, size_t input) {
  constexpr size_t kDirections = 24;
  const auto n = static_cast<size_t>(op.inputs[input].shape.numel());
  std::vector<Doubles> out(std::min(n, kDirections), Doubles(n, 0.0));
  std::mt19937_64 generator(op.seed * 1000 + 900 + input);
  std::normal_distribution<double> normal;
  for (size_t k = 0; k < out.size(); ++k) {
    if (n <= kDirections) {
      out[k][k] = 1;
    } else {
      std::generate(out[k].begin(), out[k].end(), [&] { return normal(generator); });
    }
  }
  return out;
}

double derivative_along(const OpCase& op, size_t input, const Doubles& direction) {
  constexpr double kStep = 1e-5;
  const auto loss_at = [&](double step) {
    std::vector<RefTensor> inputs = reference_inputs(op);
    for (size_t i = 0; i < direction.size(); ++i) inputs[input].data[i] += step * direction[i];
    return reference_loss(op, inputs);
  };
  return (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
}

std::string input_name(const OpCase& op, size_t i) { return "gradient of " + op.inputs[i].name; }

// Fills the context's memory with NaN, so that an op which reads what it has not written is caught.
void poison(Context& ctx) {
  constexpr int64_t kCount = 1 << 20;
  for (Arena* arena : {&ctx.arena(), &ctx.scratch()}) {
    const ArenaScope scope(*arena);
    const Tensor t = arena->alloc({kCount}, DType::f32);
    std::fill_n(t.as<float>(), kCount, std::numeric_limits<float>::quiet_NaN());
  }
}

// Every output and gradient of a CUDA run against the CPU's.
void expect_gpu_agrees(const OpCase& op, DType compute, DType stream_type, double tolerance) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  Context cpu(kCpu), gpu(Device{0}, compute);
  const OpResult expected = run_op(op, cpu), actual = run_op(op, gpu, {.stream_type = stream_type});
  for (size_t i = 0; i < expected.outputs.size(); ++i)
    expect_near("output " + std::to_string(i), actual.outputs[i], expected.outputs[i], tolerance);
  for (size_t i = 0; i < expected.grads.size(); ++i)
    expect_near(input_name(op, i), actual.grads[i], expected.grads[i], tolerance);
  const OpResult again = run_op(op, gpu, {.stream_type = stream_type});
  expect_same_bits("a second run on the GPU", actual, again);
}

}  // namespace

// Here, so that a test file that names its cases links the checks below.
void PrintTo(const OpCase& op, std::ostream* out) { *out << op.name << " (seed " << op.seed << ")"; }

std::string op_case_name(const testing::TestParamInfo<OpCase>& info) { return info.param.name; }

void OpTest::SetUp() { threads_ = num_threads(); }
void OpTest::TearDown() { set_num_threads(threads_); }

TEST_P(OpTest, ValuesFollowTheFormula) {
  const OpCase& op = GetParam();
  Context ctx(kCpu);
  const OpResult result = run_op(op, ctx);
  const std::vector<RefTensor> expected = op.reference(reference_inputs(op));
  ASSERT_EQ(result.outputs.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(result.shapes[i], expected[i].shape) << "output " << i;
    expect_near("output " + std::to_string(i), result.outputs[i], expected[i].data, op.tolerance);
  }
}

TEST_P(OpTest, GradientsFollowTheFormula) {
  const OpCase& op = GetParam();
  Context ctx(kCpu);
  const OpResult result = run_op(op, ctx);
  for (size_t input = 0; input < op.inputs.size(); ++input) {
    if (!op.inputs[input].differentiable()) continue;
    Floats gradient = result.grads[input];
    ASSERT_EQ(gradient.size(), static_cast<size_t>(op.inputs[input].shape.numel())) << input_name(op, input);
    Doubles actual, expected;
    for (const Doubles& direction : directions(op, input)) {
      double sum = 0;
      for (size_t i = 0; i < direction.size(); ++i) sum += direction[i] * gradient[i];
      actual.push_back(sum);
      expected.push_back(derivative_along(op, input, direction));
    }
    expect_near(input_name(op, input), actual, expected, op.tolerance);
  }
}

TEST_P(OpTest, BitsDoNotDependOnThreadsOrMemory) {
  const OpCase& op = GetParam();
  Context ctx(kCpu);
  const OpResult first = run_op(op, ctx);
  for (const int threads : {1, 2, 3}) {
    set_num_threads(threads);
    poison(ctx);
    expect_same_bits(std::to_string(threads) + " threads", first, run_op(op, ctx));
  }
}

TEST_P(OpTest, EachGradientAloneIsTheSame) {
  const OpCase& op = GetParam();
  Context ctx(kCpu);
  const OpResult all = run_op(op, ctx);
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    if (!op.inputs[i].differentiable()) continue;
    const OpResult alone = run_op(op, ctx, {.only_input = i});
    EXPECT_EQ(alone.grads[i], all.grads[i]) << input_name(op, i);
  }
  EXPECT_EQ(run_op(op, ctx, {.record = false}).outputs, all.outputs);
}

TEST_P(OpTest, GradientsAddToWhatIsThere) {
  const OpCase& op = GetParam();
  Context ctx(kCpu);
  const OpResult stored = run_op(op, ctx), added = run_op(op, ctx, {.accumulate = true});
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    if (!op.inputs[i].differentiable()) continue;
    Floats expected = accumulated_start(op, i);
    for (size_t j = 0; j < expected.size(); ++j) expected[j] += stored.grads[i][j];
    expect_near(input_name(op, i), added.grads[i], expected, 1e-6);
  }
}

TEST_P(OpTest, OneVariableMayBeTwoInputs) {
  const OpCase& op = GetParam();
  for (size_t i = 0; i < op.inputs.size(); ++i)
    for (size_t j = i + 1; j < op.inputs.size(); ++j) {
      const OpInput &a = op.inputs[i], &b = op.inputs[j];
      if (a.role != b.role || a.shape != b.shape || !a.differentiable()) continue;
      Context ctx(kCpu);
      const std::string what = a.name + " as " + b.name;
      const OpResult one = run_op(op, ctx, {.same = {{i, j}}, .one_variable = true});
      const OpResult apart = run_op(op, ctx, {.same = {{i, j}}});
      Floats sum = apart.grads[i];
      for (size_t k = 0; k < sum.size(); ++k) sum[k] += apart.grads[j][k];
      expect_near(what, one.grads[i], sum, 1e-6);
    }
}

TEST_P(OpTest, GpuAgreesInFloat32) { expect_gpu_agrees(GetParam(), DType::f32, DType::f32, GetParam().tolerance); }

TEST_P(OpTest, GpuAgreesInBfloat16) {
  expect_gpu_agrees(GetParam(), DType::bf16, DType::bf16, GetParam().bf16_tolerance);
}

TEST_P(OpTest, GpuAgreesInBfloat16WithFloat32Stream) {
  expect_gpu_agrees(GetParam(), DType::bf16, DType::f32, GetParam().bf16_tolerance);
}

}  // namespace pgolf
