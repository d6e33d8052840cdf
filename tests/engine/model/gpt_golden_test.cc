// The whole model against the originals: loss, logits and every gradient, for every model_* file of the golden
// directory.
#include <gtest/gtest.h>

#include "engine/core/device_info.h"
#include "engine/core/transfer.h"
#include "engine/model/gpt.h"
#include "engine/ops/cast.h"
#include "tests/support/golden.h"
#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

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

// Gradients of gains behind a norm are small rests of large sums. There the golden vectors themselves, float32 as well,
// are up to 2.0e-4 (q_gain) and 5.6e-4 (ve_layer_scales) away from these ops evaluated in float64, which meet 1e-4
// elsewhere.
double grad_tolerance(const Backend& backend, const std::string& name) {
  if (name.ends_with("q_gain")) return 5 * backend.grad;
  return name.starts_with("ve_layer_scales") ? 30 * backend.grad : backend.grad;
}

// In bfloat16 single gradients of the deeper models, which pass one layer several times or end in gates of a few
// numbers, are rests of larger sums of rounded terms: there the gradient as a whole says whether the pass is right.
// What float32 computes on the GPU is held to every gradient of every model.
bool holds_each_gradient(const Backend& backend, const GoldenFile& file) {
  return backend.compute == DType::f32 || golden_pr(file) == "334";
}

class ModelGolden : public testing::TestWithParam<std::filesystem::path> {};

// The parameters of every variant of a model are in its _base file.
GoldenFile base_of(const GoldenFile& file) {
  return GoldenFile::named("model_" + file.meta().at("pr").get<std::string>() + "_base");
}

void load_params(Context& ctx, Params& params, const GoldenFile& base) {
  for (const Param& param : params.list()) {
    const std::vector<float> values = base.floats("param." + param.name);
    ASSERT_EQ(static_cast<int64_t>(values.size()), param.master.numel()) << param.name;
    ctx.copy(param.master, Tensor{const_cast<float*>(values.data()), param.master.shape, DType::f32});
  }
  params.refresh(ctx);
}

Pass golden_pass(Context& ctx, const GoldenFile& file) {
  Pass pass;
  pass.ids = upload(ctx, file.ints("x"), Shape(file.shape("x")));
  pass.looping = file.meta().value("looping", Json()).is_boolean() && file.meta().at("looping").get<bool>();
  if (file.contains("cu_seqlens")) {
    const std::vector<int32_t> starts = file.ints("cu_seqlens");
    pass.segments.starts = upload(ctx, starts, {static_cast<int64_t>(starts.size())});
    for (size_t i = 1; i < starts.size(); ++i)
      pass.segments.max_length = std::max<int64_t>(pass.segments.max_length, starts[i] - starts[i - 1]);
  }
  return pass;
}

// "qat": weights rounded straight through; "crown_q": the loss has the penalty. Neither says anything of the other.
QatState golden_qat(const Config& config, const GoldenFile& file) {
  QatState out{file.meta().value("qat", false) ? with_late_qat(config).qat : config.qat, 1.0};
  if (!file.meta().value("crown_q", false)) out.config.crown_q_lambda = 0;
  return out;
}

std::vector<float> as_floats(Context& ctx, const Tensor& x) {
  const Tensor out = ctx.alloc(x.shape, DType::f32);
  cast_into(ctx, x, {out});
  return download(ctx, out);
}

void expect_golden(const GoldenFile& file, const Backend& backend) {
  SCOPED_TRACE(file.name());
  const Config config = golden_config(file);
  Context ctx(backend.device, backend.compute);
  Params params(ctx, config.model);
  load_params(ctx, params, base_of(file));
  const Gpt model(config.model, params);

  Pass pass = golden_pass(ctx, file);
  if (file.contains("logits")) {
    EXPECT_LT(relative_error(as_floats(ctx, model.logits(ctx, pass)), file.floats("logits")), backend.logits);
  }

  // The logits were taken in evaluation mode, the loss with what the file says of late QAT.
  const QatState qat = golden_qat(config, file);
  pass.qat = &qat;
  ctx.start_tape();
  params.zero_grads(ctx);
  const Var loss = model.loss(ctx, pass, upload(ctx, file.ints("y"), Shape(file.shape("y"))));
  const double expected = file.scalar("loss");
  EXPECT_NEAR(download_scalar(ctx, loss.value), expected, backend.loss * std::abs(expected));
  ctx.backward(loss);
  std::vector<float> whole, expected_whole;
  const auto without_grad = file.meta().value("no_grad", std::vector<std::string>{});
  for (const Param& param : params.list()) {
    if (!file.contains("grad." + param.name)) continue;
    const std::vector<float> expected_grad = file.floats("grad." + param.name);
    const std::vector<float> grad = download(ctx, param.grad);
    whole.insert(whole.end(), grad.begin(), grad.end());
    expected_whole.insert(expected_whole.end(), expected_grad.begin(), expected_grad.end());
    if (holds_each_gradient(backend, file)) {
      EXPECT_LT(relative_error(grad, expected_grad), grad_tolerance(backend, param.name)) << param.name;
    }
    const bool expect_none = std::count(without_grad.begin(), without_grad.end(), param.name) > 0;
    if (expect_none) {
      EXPECT_FALSE(param.has_grad()) << param.name;
    }
  }
  EXPECT_LT(relative_error(whole, expected_whole), backend.whole_grad) << "the gradient as a whole";
}

TEST_P(ModelGolden, LossLogitsAndGradients) { expect_golden(GoldenFile(GetParam()), kCpuBackend); }

TEST_P(ModelGolden, GpuLossLogitsAndGradientsInFloat32) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  expect_golden(GoldenFile(GetParam()), kGpuFloat32);
}

TEST_P(ModelGolden, GpuLossLogitsAndGradientsInBfloat16) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  expect_golden(GoldenFile(GetParam()), kGpuBfloat16);
}

INSTANTIATE_TEST_SUITE_P(Files, ModelGolden, testing::ValuesIn(golden_files("model_*")),
                         [](const auto& info) { return info.param.stem().string(); });

}  // namespace
}  // namespace pgolf
