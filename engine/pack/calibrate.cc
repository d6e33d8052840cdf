#include "engine/pack/calibrate.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "engine/config/tensor_names.h"
#include "engine/core/transfer.h"
#include "engine/ops/matmul.h"

namespace pgolf {
namespace {

// The entry that holds a weight's moments.
std::string entry_of(const std::string& weight) {
  for (const char* kind : {".c_k.weight", ".c_v.weight"})
    if (weight.ends_with(kind)) return weight.substr(0, weight.size() - std::string_view(kind).size()) + ".c_q.weight";
  return weight;
}

}  // namespace

LoaderOptions calibration_options(const Config& config) {
  const bool alone = config.quant.scheme == QuantScheme::gptq_ascending;
  return {.world_size = alone ? 1 : static_cast<int>(config.train.world_size),
          .rank_tokens = config.quant.calibration_batch_seqs * config.train.seq_len,
          .seq_len = config.train.seq_len,
          .bos_id = static_cast<int32_t>(config.data.bos_id),
          .cu_bucket = config.train.cu_bucket};
}

std::unique_ptr<BatchLoader> calibration_loader(const Config& config, std::vector<Shard> shards) {
  const LoaderOptions options = calibration_options(config);
  if (config.quant.scheme == QuantScheme::gptq_ascending)
    return std::make_unique<StreamLoader>(std::move(shards), options);
  return std::make_unique<ShuffledLoader>(std::move(shards), options);
}

Calibration::Calibration(Context& ctx, const Gpt& model, const Config& config, BatchLoader& batches)
    : arena_(ctx.device()) {
  const LinearObserver observer = [&](const std::string& weight, const Tensor& x) { observe(ctx, weight, x); };
  Progress progress("calibrate", config.quant.calibration_batches, "batches");
  int64_t tokens = 0;
  for (int64_t batch = 0; batch < config.quant.calibration_batches; ++batch) {
    const Batch rows = batches.next(0);
    ctx.reset();
    Pass pass;
    pass.ids = upload(ctx, rows.x, {rows.rows, rows.seq_len});
    pass.looping = config.model.num_loops > 0;
    pass.eager = true;
    pass.observer = &observer;
    observe(ctx, kTokenTable, model.hidden(ctx, pass).value);
    tokens += rows.rows * rows.seq_len;
    progress.update(batch + 1);
  }
  progress.finish();
  const bool per_token = config.quant.scheme == QuantScheme::gptq_ascending;
  finish(ctx, static_cast<double>(per_token ? tokens : config.quant.calibration_batches));
}

void Calibration::observe(Context& ctx, const std::string& weight, const Tensor& input) {
  if (entry_of(weight) != weight) return;
  const Tensor x = input.view({input.rows(), input.cols()});
  Sum& sum = sums_[weight];
  const bool first = !sum.hessian.defined();
  if (first) sum.hessian = arena_.alloc({x.cols(), x.cols()}, DType::f32);
  matmul(ctx, transposed(x), {x}, sum.hessian, first ? 0.0F : 1.0F);
  sum.rows += x.rows();
}

void Calibration::finish(Context& ctx, double divisor) {
  for (auto& [weight, sum] : sums_) {
    const int64_t K = sum.hessian.cols();
    const std::vector<float> values = download(ctx, sum.hessian);
    Moments& out = moments_[weight];
    for (int64_t j = 0; j < K; ++j) {
      const float squares = values[static_cast<size_t>(j * K + j)];
      if (!std::isfinite(squares))
        fail(ErrorKind::submission, "calibration: the input of {} is not finite; the checkpoint's weights are damaged",
             weight);
      out.activation_rms.push_back(std::sqrt(squares / static_cast<float>(sum.rows)));
    }
    out.hessian = host_.alloc(sum.hessian.shape, DType::f32);
    std::transform(values.begin(), values.end(), out.hessian.as<float>(),
                   [&](float value) { return static_cast<float>(value / divisor); });
  }
  sums_.clear();
}

const Moments& Calibration::of(const std::string& weight) const { return moments_.at(entry_of(weight)); }

}  // namespace pgolf
