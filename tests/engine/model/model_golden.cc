#include "tests/engine/model/model_golden.h"

#include "base/error.h"
#include "engine/core/transfer.h"
#include "engine/model/gpt.h"
#include "engine/model/init.h"
#include "engine/ops/cast.h"
#include "tests/support/golden_config.h"
#include "tests/support/tiny_config.h"

namespace pgolf {
namespace {

// The parameters of every variant of a model are in its _base file.
GoldenFile base_of(const GoldenFile& file) { return GoldenFile::named("model_" + golden_pr(file) + "_base"); }

void set_values(Context& ctx, const Param& param, const std::vector<double>& stored) {
  check(static_cast<int64_t>(stored.size()) == param.master.numel(), "{}: {} values", param.name, stored.size());
  std::vector<float> values(stored.begin(), stored.end());
  ctx.copy(param.master, {values.data(), param.master.shape, DType::f32, kCpu});
}

void load_params(Context& ctx, Params& params, const GoldenFile& file, const std::string& prefix, uint64_t draw) {
  for (const Param& param : params.list()) set_values(ctx, param, file.weights(prefix + param.name, draw));
  params.refresh(ctx);
}

Pass pass_of(Context& ctx, const GoldenFile& file) {
  Pass pass;
  pass.ids = upload(ctx, file.ints("x"), Shape(file.shape("x")));
  pass.looping = file.flag("looping");
  if (file.contains("cu_seqlens")) {
    const std::vector<int32_t> starts = file.ints("cu_seqlens");
    pass.segments.starts = upload(ctx, starts, {static_cast<int64_t>(starts.size())});
    for (size_t i = 1; i < starts.size(); ++i)
      pass.segments.max_length = std::max<int64_t>(pass.segments.max_length, starts[i] - starts[i - 1]);
  }
  return pass;
}

// "qat": weights rounded straight through; "crown_q": the loss has the penalty. Neither says anything of the other.
QatState qat_of(const Config& config, const GoldenFile& file) {
  QatState out{file.flag("qat") ? with_late_qat(config).qat : config.qat, 1.0};
  if (!file.flag("crown_q")) out.config.crown_q_lambda = 0;
  return out;
}

Tensor targets_of(Context& ctx, const GoldenFile& file) { return upload(ctx, file.ints("y"), Shape(file.shape("y"))); }

std::vector<double> as_doubles(Context& ctx, const Tensor& x) {
  const Tensor copy = ctx.alloc(x.shape, DType::f32);
  cast_into(ctx, x, {copy});
  const std::vector<float> values = download(ctx, copy);
  return {values.begin(), values.end()};
}

// Also, without values, `no_<prefix><name>` of parameters that nothing was contributed to.
void add_grads(Context& ctx, const Params& params, const std::string& prefix, GoldenValues& out) {
  for (const Param& param : params.list()) {
    out[prefix + param.name] = as_doubles(ctx, param.grad);
    if (!param.has_grad()) out["no_" + prefix + param.name];
  }
}

// "sum over rows of mean of per_token_loss[:,16:40]": the two numbers.
std::pair<int64_t, int64_t> loss_columns(const std::string& text) {
  const auto open = text.find("[:,"), colon = text.find(':', open + 3);
  check(open != std::string::npos && colon != std::string::npos, "'{}' names no columns", text);
  return {std::stoll(text.substr(open + 3)), std::stoll(text.substr(colon + 1))};
}

}  // namespace

GoldenValues model_golden(Context& ctx, const GoldenFile& file, uint64_t draw) {
  const Config config = golden_config(file);
  Params params(ctx, config.model);
  load_params(ctx, params, base_of(file), "param.", draw);
  const Gpt model(config.model, params, config.data.bos_id);

  GoldenValues out;
  Pass pass = pass_of(ctx, file);
  if (file.contains("logits")) out["logits"] = as_doubles(ctx, model.logits(ctx, pass));
  // The logits were taken in evaluation mode, the loss with what the file says of late QAT.
  const QatState qat = qat_of(config, file);
  pass.qat = &qat;
  ctx.start_tape();
  params.zero_grads(ctx);
  const Var loss = model.loss(ctx, pass, targets_of(ctx, file));
  out["loss"] = as_doubles(ctx, loss.value);
  ctx.backward(loss);
  add_grads(ctx, params, "grad.", out);
  return out;
}

GoldenValues model_golden(const GoldenFile& file, uint64_t draw) {
  Context ctx(kCpu);
  return model_golden(ctx, file, draw);
}

GoldenValues init_golden(const GoldenFile& file) {
  const Config config = golden_config(file);
  Context ctx(kCpu);
  Params params(ctx, config.model);
  init_params(ctx, params, config.model, file.torch_seed());
  GoldenValues out;
  for (const Param& param : params.list()) out["init." + param.name] = as_doubles(ctx, param.master);
  return out;
}

GoldenValues lora_golden(Context& ctx, const GoldenFile& file, uint64_t draw) {
  const Config config = golden_config(file);
  const int64_t docs = file.shape("x")[0], T = file.shape("x")[1];
  Params params(ctx, config.model);
  load_params(ctx, params, base_of(file), "param.", draw);
  params.set_frozen([](const std::string&) { return true; });
  LoraSet lora(ctx, config.model, config.ttt, docs);
  check(lora.params().list().size() == file.names("lora.").size(), "{}: {} adapters, not {}", file.name(),
        file.names("lora.").size(), lora.params().list().size());
  load_params(ctx, lora.params(), file, "lora.", draw);

  const Gpt model(config.model, params, config.data.bos_id);
  Pass pass = pass_of(ctx, file);
  pass.lora = &lora;
  GoldenValues out;
  ctx.start_tape();
  lora.params().zero_grads(ctx);
  const Var nll = model.token_nll(ctx, pass, targets_of(ctx, file));
  out["per_token_loss"] = as_doubles(ctx, nll.value);
  const auto [first, last] = loss_columns(file.meta().at("loss").get<std::string>());
  std::vector<float> weights(static_cast<size_t>(docs * T), 0.0F);
  for (int64_t b = 0; b < docs; ++b)
    for (int64_t t = first; t < last; ++t)
      weights[static_cast<size_t>(b * T + t)] = 1.0F / static_cast<float>(last - first);
  ctx.backward(weighted_sum(ctx, nll, upload(ctx, weights, {docs * T})));
  add_grads(ctx, lora.params(), "lora_grad.", out);
  add_grads(ctx, params, "grad.", out);
  return out;
}

GoldenValues lora_golden(const GoldenFile& file, uint64_t draw) {
  Context ctx(kCpu);
  return lora_golden(ctx, file, draw);
}

}  // namespace pgolf
