#include "engine/train/training_state.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "base/error.h"
#include "base/json_guard.h"
#include "engine/codec/safetensors.h"

namespace pgolf {
namespace {

constexpr char kFormatName[] = "pgolf.state/", kFormat[] = "pgolf.state/1";

std::vector<int64_t> dims_of(const Shape& shape) {
  std::vector<int64_t> dims;
  for (int i = 0; i < shape.rank(); ++i) dims.push_back(shape[i]);
  return dims;
}

std::string tensor_name(const FlatState& state, const Param& param) { return state.kind + " " + param.name; }

void check_format(const SafetensorsFile& file, const std::string& config_sha256) {
  const std::string &origin = file.origin(), &format = file.metadata("format");
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not the state of a training", origin);
  if (format != kFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", origin, format, kFormat);
  if (file.metadata("config_sha256") != config_sha256)
    fail(ErrorKind::submission, "{}: of another configuration, {:.12}", origin, file.metadata("config_sha256"));
}

void load_tensor(Context& ctx, const SafetensorsFile& file, const std::string& name, const Tensor& to) {
  const SafetensorsView& view = file.tensor(name);
  if (view.dtype != "F32" || view.shape != dims_of(to.shape))
    fail(ErrorKind::submission, "{}: damaged: '{}' is {} [{}], not F32 {}", file.origin(), name, view.dtype,
         fmt::join(view.shape, ", "), to.shape);
  ctx.copy(to, {const_cast<std::byte*>(view.bytes.data()), to.shape, DType::f32, kCpu});
}

}  // namespace

std::vector<FlatState> TrainingState::tensors() const {
  std::vector<size_t> all(params_.list().size());
  std::iota(all.begin(), all.end(), size_t{0});
  std::vector<FlatState> out = optimizer_.state();
  out.push_back({"weight", params_.flat_masters(), all});
  for (FlatState& average : averages_.state()) out.push_back(std::move(average));
  return out;
}

std::string TrainingState::counters(int64_t step) const {
  return Json{{"step", step}, {"adam", optimizer_.adam_steps()}, {"swa", averages_.swa_count()}}.dump();
}

int64_t TrainingState::set_counters(const std::string& text, const std::string& origin) {
  const Json json = parse_json(text, origin);
  const auto adam = json_get<std::vector<int64_t>>(json, "adam", origin);
  const int64_t step = json_integer(json, "step", origin), swa = json_integer(json, "swa", origin);
  const bool sound = adam.size() == params_.list().size() && step > 0 && swa >= 0 && swa <= step &&
                     std::all_of(adam.begin(), adam.end(), [](int64_t n) { return n >= 0; });
  if (!sound) fail(ErrorKind::submission, "{}: damaged: its counters are {:.80}", origin, text);
  optimizer_.set_adam_steps(adam);
  averages_.set_swa_count(swa);
  return step;
}

void TrainingState::save(Context& ctx, Comm& comm, const std::filesystem::path& path, const std::string& config_sha256,
                         int64_t step, const std::string& state) {
  optimizer_.share_momentum(ctx);
  if (!comm.is_first()) return;
  SafetensorsWriter writer;
  writer.metadata("format", kFormat);
  writer.metadata("config_sha256", config_sha256);
  writer.metadata("counters", counters(step));
  writer.metadata("state", state);
  std::vector<std::vector<float>> flat;
  for (const FlatState& values : tensors()) {
    std::vector<float>& host = flat.emplace_back(static_cast<size_t>(values.values.numel()));
    ctx.copy({host.data(), values.values.shape, DType::f32, kCpu}, values.values);
    for (const size_t member : values.members) {
      const Param& param = params_.list()[member];
      writer.add(tensor_name(values, param), dims_of(param.master.shape),
                 std::span(host).subspan(static_cast<size_t>(param.offset), static_cast<size_t>(param.master.numel())));
    }
  }
  writer.write(path);
}

TrainingState::Loaded TrainingState::load(Context& ctx, const std::filesystem::path& path,
                                          const std::string& config_sha256) {
  const SafetensorsFile file = SafetensorsFile::open(path);
  check_format(file, config_sha256);
  size_t known = 0;
  for (const FlatState& values : tensors())
    for (const size_t member : values.members) {
      const Param& param = params_.list()[member];
      load_tensor(ctx, file, tensor_name(values, param),
                  values.values.slice(param.offset, param.master.numel()).view(param.master.shape));
      ++known;
    }
  if (known != file.names().size())
    fail(ErrorKind::submission, "{}: damaged: {} tensors, not {}", file.origin(), file.names().size(), known);
  const int64_t step = set_counters(file.metadata("counters"), file.origin());
  params_.refresh(ctx);
  return {step, file.metadata("state")};
}

}  // namespace pgolf
