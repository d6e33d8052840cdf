// Parameters from and to safetensors files.
#include <fmt/ranges.h>

#include "base/error.h"
#include "engine/model/params.h"

namespace pgolf {
namespace {

std::vector<int64_t> dims_of(const Shape& shape) {
  std::vector<int64_t> dims;
  for (int i = 0; i < shape.rank(); ++i) dims.push_back(shape[i]);
  return dims;
}

}  // namespace

void Params::load(Context& ctx, const SafetensorsFile& file, std::string_view prefix) {
  for (const std::string& name : file.names())
    if (name.starts_with(prefix) && !contains(std::string_view(name).substr(prefix.size())))
      fail(ErrorKind::submission, "{}: tensor '{}' is not in the model; it was written for another configuration",
           file.origin(), name);
  for (const Param& param : list_) {
    const std::string name = std::string(prefix) + param.name;
    const SafetensorsView& view = file.tensor(name);
    if (view.shape != dims_of(param.master.shape))
      fail(ErrorKind::submission, "{}: tensor '{}' is [{}], but the model's is {}", file.origin(), name,
           fmt::join(view.shape, ", "), param.master.shape);
    if (view.dtype != "F32" && view.dtype != "BF16" && view.dtype != "F16")
      fail(ErrorKind::submission, "{}: tensor '{}' is {}, not F32, BF16 or F16", file.origin(), name, view.dtype);
    std::vector<float> values = to_floats(view);
    ctx.copy(param.master, {values.data(), param.master.shape, DType::f32, kCpu});
  }
  refresh(ctx);
}

void Params::save(Context& ctx, const std::filesystem::path& path, const std::map<std::string, std::string>& metadata,
                  const Tensor& flat_values) const {
  std::vector<float> values(static_cast<size_t>(num_flat_));
  ctx.copy({values.data(), masters_.shape, DType::f32, kCpu}, flat_values.defined() ? flat_values : masters_);
  SafetensorsWriter writer;
  for (const auto& [key, value] : metadata) writer.metadata(key, value);
  for (const Param& param : list_) {
    writer.add(param.name, dims_of(param.master.shape),
               std::span(values).subspan(static_cast<size_t>(param.offset), static_cast<size_t>(param.master.numel())));
  }
  writer.write(path);
}

}  // namespace pgolf
