#include "engine/pack/pack.h"

#include <algorithm>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "base/names.h"
#include "base/sha256.h"
#include "engine/codec/container.h"
#include "engine/data/shard.h"
#include "engine/model/params.h"
#include "engine/pack/calibrate.h"
#include "engine/quant/quantize.h"

namespace pgolf {
namespace {

// Every tensor outside banks, by name, on the CPU.
struct Weights {
  std::vector<ParamSpec> specs;
  std::map<std::string, Tensor> values;
};

Weights stored_weights(const Params& params) {
  Weights out;
  for (const Params::Named& tensor : params.unbanked()) {
    std::vector<int64_t> shape;
    for (int i = 0; i < tensor.value.shape.rank(); ++i) shape.push_back(tensor.value.shape[i]);
    out.specs.push_back({tensor.name, shape});
    out.values[tensor.name] = tensor.value;
  }
  return out;
}

std::span<const float> elements(const Tensor& tensor) {
  return {tensor.as<float>(), static_cast<size_t>(tensor.numel())};
}

bool needs_calibration(const PlanEntry& entry) { return entry.needs_hessian() || entry.needs_activation_rms(); }

std::vector<Shard> open_train_shards(const PhaseOptions& options) {
  if (options.data_dir.empty())
    fail(ErrorKind::usage, "this quantisation calibrates on training text; name the prepared data with --data");
  return open_shards(list_shards(options.data_dir / "train", ShardKind::train));
}

// What ties an artifact to the configuration that evaluates it.
std::string artifact_metadata(const Pinned& pinned) {
  Json out;
  out["submission"] = pinned.submission;
  out["config_sha256"] = pinned_sha256(pinned);
  return out.dump();
}

void write_artifact(const PhaseOptions& options, const Bytes& file, EventLog& events) {
  const auto path = options.run_dir / kArtifactFile;
  write_file_atomic(path, file);
  ArtifactEvent event{.path = kArtifactFile,
                      .sha256 = sha256_file(path),
                      .model_bytes = static_cast<int64_t>(file.size()),
                      .classes = {}};
  for (const SizeRow& row : artifact_sizes(file, path.string()).rows) event.classes.push_back({row.label, row.stored});
  events.write(event);
}

}  // namespace

void run_pack(const PhaseOptions& options) {
  EventLog events = open_events(options, kPackPhase);
  PhaseTimer timer(events, kPackPhase);
  record_file(events, "checkpoint", options.checkpoint);
  const Config& config = options.pinned.config;
  Context ctx(kCpu);
  Params params(ctx, config.model);
  params.load(ctx, SafetensorsFile::open(options.checkpoint));

  const Weights weights = stored_weights(params);
  const QuantPlan plan = make_plan(config.quant, config.model.num_layers, weights.specs);
  std::optional<Calibration> calibration;
  if (std::any_of(plan.entries.begin(), plan.entries.end(), needs_calibration)) {
    PhaseTimer timer_calibrate(events, kPartCalibrate);
    Context device = options.context();
    Params on_device(device, config.model);
    on_device.load(device, SafetensorsFile::open(options.checkpoint));
    const auto batches = calibration_loader(config, open_train_shards(options));
    calibration.emplace(device, Gpt(config.model, on_device, config.data.bos_id), config, *batches);
    timer_calibrate.finish();
  }
  PhaseTimer quantise(events, "quantise");
  Artifact artifact{.metadata = artifact_metadata(options.pinned), .tensors = {}};
  artifact.tensors = quantize_model(options.device, plan, [&](const PlanEntry& entry) {
    QuantInput input{.weights = elements(weights.values.at(entry.name)), .hessian = {}, .activation_rms = {}};
    if (calibration && needs_calibration(entry)) {
      const Moments& moments = calibration->of(entry.name);
      input.hessian = elements(moments.hessian);
      input.activation_rms = moments.activation_rms;
    }
    return input;
  });
  quantise.finish();
  PhaseTimer compress(events, "compress");
  const Bytes file = pack_artifact(artifact, config.codec);
  compress.finish();
  write_artifact(options, file, events);
  timer.finish();
}

}  // namespace pgolf
