// The CUDA backend against the CPU definition at sizes that fill several blocks and tiles, and at sizes that fill none:
// every type, gradients stored and added, inputs that are one variable, and a second run bit for bit.
#include <cmath>

#include "engine/core/device_info.h"
#include "engine/ops/activation.h"
#include "engine/ops/attention.h"
#include "engine/ops/cross_entropy.h"
#include "engine/ops/embedding.h"
#include "engine/ops/gates.h"
#include "engine/ops/linear.h"
#include "engine/ops/residual.h"
#include "engine/ops/rms_norm.h"
#include "engine/ops/rope.h"
#include "engine/ops/scale_rows.h"
#include "engine/ops/smear.h"
#include "engine/ops/xsa.h"
#include "tests/support/golden.h"
#include "tests/support/op_run.h"

namespace pgolf {
namespace {

constexpr double kFloat32 = 1e-5, kBfloat16 = 1e-2;

struct Mode {
  const char* name;
  DType compute, stream;
  double tolerance;
};
constexpr Mode kModes[] = {{"f32", DType::f32, DType::f32, kFloat32},
                           {"bf16", DType::bf16, DType::bf16, kBfloat16},
                           {"bf16 with an f32 stream", DType::bf16, DType::f32, kBfloat16}};

void expect_near(const std::string& what, const Floats& actual, const Floats& expected, double tolerance) {
  EXPECT_LE(relative_error(actual, expected), tolerance) << what;
}

void expect_results_near(const OpCase& op, const OpResult& actual, const OpResult& expected, double tolerance) {
  for (size_t i = 0; i < expected.outputs.size(); ++i)
    expect_near("output " + std::to_string(i), actual.outputs[i], expected.outputs[i], tolerance);
  for (size_t i = 0; i < expected.grads.size(); ++i)
    expect_near("gradient of " + op.inputs[i].name, actual.grads[i], expected.grads[i], tolerance);
}

// Pairs of inputs that may be one variable: same role, same shape.
std::vector<std::pair<size_t, size_t>> interchangeable(const OpCase& op) {
  std::vector<std::pair<size_t, size_t>> out;
  for (size_t i = 0; i < op.inputs.size(); ++i)
    for (size_t j = i + 1; j < op.inputs.size(); ++j)
      if (op.inputs[i].role == op.inputs[j].role && op.inputs[i].shape == op.inputs[j].shape &&
          op.inputs[i].differentiable())
        out.emplace_back(i, j);
  return out;
}

class GpuShapes : public testing::TestWithParam<OpCase> {
 protected:
  void SetUp() override {
    if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  }
};

TEST_P(GpuShapes, AgreeWithTheCpuGpu) {
  const OpCase& op = GetParam();
  Context cpu(kCpu);
  const OpResult expected = run_op(op, cpu), added = run_op(op, cpu, {.accumulate = true});
  for (const Mode& mode : kModes) {
    SCOPED_TRACE(mode.name);
    Context gpu(Device{0}, mode.compute);
    const OpResult first = run_op(op, gpu, {.stream_type = mode.stream});
    expect_results_near(op, first, expected, mode.tolerance);
    const OpResult second = run_op(op, gpu, {.stream_type = mode.stream});
    EXPECT_EQ(first.outputs, second.outputs) << "a second run";
    EXPECT_EQ(first.grads, second.grads) << "a second run";
    expect_results_near(op, run_op(op, gpu, {.accumulate = true, .stream_type = mode.stream}), added, mode.tolerance);
    for (const auto& pair : interchangeable(op)) {
      const OpResult one = run_op(op, gpu, {.same = pair, .one_variable = true, .stream_type = mode.stream});
      const OpResult apart = run_op(op, gpu, {.same = pair, .stream_type = mode.stream});
      Floats sum = apart.grads[pair.first];
      for (size_t i = 0; i < sum.size(); ++i) sum[i] += apart.grads[pair.second][i];
      expect_near("one variable", one.grads[pair.first], sum, mode.tolerance);
    }
  }
}

using Run = std::function<std::vector<Var>(Context&, Inputs)>;

OpCase gpu_case(std::string name, std::vector<OpInput> inputs, Run run) {
  return {.name = std::move(name), .inputs = std::move(inputs), .run = std::move(run), .reference = nullptr, .seed = 7};
}

OpCase linear_case(std::string name, int64_t M, int64_t N, int64_t K) {
  const double spread = 1 / std::sqrt(static_cast<double>(K));
  return gpu_case(std::move(name), {activation("x", {M, K}), weight("w", {N, K}, spread)},
                  [](Context& ctx, Inputs in) { return std::vector{linear(ctx, in[0], in[1])}; });
}

// A branch's end: a scaled matrix, and the stream inside the product.
OpCase joined_case(std::string name, int64_t M, int64_t N, int64_t K) {
  const double spread = 1 / std::sqrt(static_cast<double>(K));
  return gpu_case(std::move(name),
                  {stream("s", {M, N}), activation("h", {M, K}), weight("w", {N, K}, spread), parameter("gain", {N})},
                  [](Context& ctx, Inputs in) {
                    const Var w = scale_rows(ctx, in[2], in[3]);
                    return std::vector{activated_linear(ctx, in[1], 0.5F, w, linear(ctx, in[1], w, in[0]))};
                  });
}

OpCase rms_norm_case(std::string name, Shape shape) {
  return gpu_case(std::move(name), {stream("x", shape)},
                  [](Context& ctx, Inputs in) { return std::vector{rms_norm(ctx, in[0], 0.5F, ctx.compute())}; });
}

OpCase mix_case(std::string name, Shape shape) {
  return gpu_case(std::move(name), {stream("x", shape), stream("x0", shape), parameter("mix", {2, shape[-1]})},
                  [](Context& ctx, Inputs in) {
                    const Normed n = mix_norm(ctx, in[0], in[1], in[2], 0.7F);
                    return std::vector{n.stream, n.norm};
                  });
}

OpCase skip_case(std::string name, Shape shape) {
  return gpu_case(std::move(name), {stream("x", shape), parameter("gain", {shape[-1]}), stream("s", shape)},
                  [](Context& ctx, Inputs in) { return std::vector{add_scaled(ctx, in[0], in[1], in[2])}; });
}

OpCase rope_case(std::string name, Shape shape, int64_t dims) {
  return gpu_case(std::move(name), {activation("x", shape), parameter("gain", {shape[2]}, 1.5)},
                  [=](Context& ctx, Inputs in) {
                    const RopeTable table = make_rope_table(ctx, {.dims = dims}, shape[1]);
                    return std::vector{norm_rope(ctx, in[0], table, in[1])};
                  });
}

struct Heads {
  int64_t B, T, H, G, d;
};

OpCase attention_case(std::string name, Heads s, std::vector<int32_t> starts = {}) {
  std::vector<OpInput> inputs = {activation("q", {s.B, s.T, s.H, s.d}), activation("k", {s.B, s.T, s.G, s.d}),
                                 activation("v", {s.B, s.T, s.G, s.d})};
  if (!starts.empty()) inputs.push_back(integers("starts", starts));
  return gpu_case(std::move(name), std::move(inputs), [=](Context& ctx, Inputs in) {
    const Segments segments = in.size() > 3 ? Segments{in[3].value, s.T} : Segments{};
    return std::vector{attention(ctx, in[0], in[1], in[2], segments)};
  });
}

OpCase xsa_case(std::string name, Heads s) {
  return gpu_case(std::move(name), {activation("y", {s.B, s.T, s.H, s.d}), activation("v", {s.B, s.T, s.G, s.d})},
                  [](Context& ctx, Inputs in) { return std::vector{xsa(ctx, in[0], in[1])}; });
}

OpCase gate_case(std::string name, Shape y, int64_t width, HeadGate form, bool with_bias) {
  std::vector<OpInput> inputs = {activation("y", y), activation("s", {y[0], y[1], y[2] * y[3]}),
                                 parameter("weight", {y[2], width}, 0, 0.1)};
  if (with_bias) inputs.push_back(parameter("bias", {y[2]}));
  return gpu_case(std::move(name), std::move(inputs), [=](Context& ctx, Inputs in) {
    return std::vector{gate_heads(ctx, in[0], in[1], in[2], with_bias ? in[3] : Var{}, form)};
  });
}

OpCase scale_case(std::string name, Shape y) {
  return gpu_case(std::move(name), {activation("y", y), parameter("gain", {y[2]})},
                  [](Context& ctx, Inputs in) { return std::vector{scale_heads(ctx, in[0], in[1])}; });
}

OpCase embedding_case(std::string name, Shape ids, int64_t vocab, int64_t width) {
  return gpu_case(
      std::move(name), {integers("ids", ids, vocab), parameter("table", {vocab, width})},
      [](Context& ctx, Inputs in) { return std::vector{embedding(ctx, in[0].value, in[1], ctx.compute())}; });
}

// Every second position holds one token: its gradient is summed from many pieces.
OpCase frequent_token_case(int64_t positions, int64_t vocab, int64_t width) {
  std::vector<int32_t> ids;
  for (int64_t i = 0; i < positions; ++i) ids.push_back(static_cast<int32_t>(i % 2 == 0 ? 3 : i * 7919 % vocab));
  return gpu_case(
      "embedding_frequent", {integers("ids", std::move(ids)), parameter("table", {vocab, width})},
      [](Context& ctx, Inputs in) { return std::vector{embedding(ctx, in[0].value, in[1], ctx.compute())}; });
}

OpCase cross_entropy_case(std::string name, int64_t N, int64_t V) {
  return gpu_case(std::move(name), {activation("logits", {N, V}, 3), integers("targets", {N}, V)},
                  [](Context& ctx, Inputs in) { return std::vector{cross_entropy(ctx, in[0], in[1].value, 30.0F)}; });
}

OpCase smear_case(std::string name, Shape shape) {
  return gpu_case(std::move(name), {stream("x", shape), parameter("gate", {shape[-1]})},
                  [](Context& ctx, Inputs in) { return std::vector{smear_fixed(ctx, in[0], in[1])}; });
}

OpCase activation_case(std::string name, Shape shape, float slope) {
  return gpu_case(std::move(name), {activation("h", shape), weight("weight", {24, shape[-1]})},
                  [=](Context& ctx, Inputs in) { return std::vector{activated_linear(ctx, in[0], slope, in[1])}; });
}

std::vector<int32_t> segment_starts(int64_t T, int64_t step, int64_t padding) {
  std::vector<int32_t> starts;
  for (int64_t at = 0; at < T; at += step + at % 7) starts.push_back(static_cast<int32_t>(at));
  starts.insert(starts.end(), static_cast<size_t>(padding + 1), static_cast<int32_t>(T));
  return starts;
}

INSTANTIATE_TEST_SUITE_P(Linear, GpuShapes,
                         testing::Values(linear_case("linear_wide", 300, 1536, 512),
                                         linear_case("linear_odd", 37, 12, 29),
                                         linear_case("linear_long", 4100, 64, 128),
                                         joined_case("joined_wide", 300, 512, 1536),
                                         joined_case("joined_odd", 37, 12, 29)),
                         op_case_name);
INSTANTIATE_TEST_SUITE_P(Rows, GpuShapes,
                         testing::Values(rms_norm_case("rms_norm_512", {3, 700, 512}),
                                         rms_norm_case("rms_norm_1024", {41, 1024}),
                                         rms_norm_case("rms_norm_2040", {5, 2040}),
                                         rms_norm_case("rms_norm_odd", {9, 333}), mix_case("mix_512", {2, 1500, 512}),
                                         mix_case("mix_768", {300, 768}), mix_case("mix_odd", {130, 75}),
                                         skip_case("skip_512", {2, 600, 512}), skip_case("skip_960", {300, 960}),
                                         skip_case("skip_odd", {130, 75}), smear_case("smear_512", {3, 257, 512}),
                                         smear_case("smear_odd", {3, 130, 37}),
                                         activation_case("relu_squared", {130, 1537}, 0.0F),
                                         activation_case("leaky_squared", {64, 1536}, 0.5F)),
                         op_case_name);
INSTANTIATE_TEST_SUITE_P(
    Heads, GpuShapes,
    testing::Values(rope_case("rope_64", {2, 260, 8, 64}, 16), rope_case("rope_64_full", {2, 70, 4, 64}, 64),
                    rope_case("rope_32", {2, 33, 2, 32}, 16), rope_case("rope_24", {2, 33, 3, 24}, 12),
                    rope_case("rope_none", {1, 40, 4, 64}, 0), xsa_case("xsa_64", {2, 200, 8, 4, 64}),
                    xsa_case("xsa_24", {1, 50, 6, 2, 24}), xsa_case("xsa_128", {1, 77, 6, 2, 128}),
                    gate_case("gate_wide", {1, 301, 8, 64}, 512, {}, true),
                    gate_case("gate_sparse", {2, 151, 8, 64}, 12, {.inner = 0.5F}, false),
                    gate_case("gate_other", {1, 90, 4, 64}, 256, {.outer = 2.0F}, true),
                    scale_case("scale_64", {2, 75, 8, 64}), scale_case("scale_24", {1, 61, 3, 24})),
    op_case_name);
INSTANTIATE_TEST_SUITE_P(
    Attention, GpuShapes,
    testing::Values(attention_case("one_tile", {1, 64, 1, 1, 64}), attention_case("short", {3, 5, 2, 1, 64}),
                    attention_case("one_position", {2, 1, 4, 2, 64}), attention_case("odd", {2, 201, 4, 2, 64}),
                    attention_case("just_over", {1, 129, 2, 2, 64}), attention_case("long", {1, 1000, 8, 4, 64}),
                    attention_case("three_heads", {2, 130, 3, 1, 64}),
                    attention_case("packed", {1, 700, 4, 2, 64}, segment_starts(700, 50, 0)),
                    attention_case("packed_padded", {1, 391, 4, 4, 64}, segment_starts(391, 130, 5)),
                    attention_case("packed_short", {1, 300, 2, 1, 64}, segment_starts(300, 3, 2)),
                    attention_case("packed_uneven", {1, 2000, 4, 2, 64}, {0, 70, 100, 1500, 1501, 1600, 2000, 2000}),
                    attention_case("many_rows", {40, 300, 8, 4, 64}), attention_case("plain_32", {2, 150, 4, 2, 32}),
                    attention_case("plain_packed", {1, 200, 2, 1, 40}, segment_starts(200, 30, 3))),
    op_case_name);
INSTANTIATE_TEST_SUITE_P(
    Tokens, GpuShapes,
    testing::Values(embedding_case("embedding_1024", {2, 3000}, 1024, 512),
                    embedding_case("embedding_one", {5, 7}, 1, 20), embedding_case("embedding_odd", {3, 701}, 997, 37),
                    frequent_token_case(5000, 1024, 64), cross_entropy_case("cross_entropy_1024", 300, 1024),
                    cross_entropy_case("cross_entropy_odd", 70, 1001),
                    cross_entropy_case("cross_entropy_8192", 40, 8192),
                    cross_entropy_case("cross_entropy_9999", 9, 9999), cross_entropy_case("cross_entropy_two", 9, 2)),
    op_case_name);

}  // namespace
}  // namespace pgolf
