#include "engine/eval/load_artifact.h"

#include "base/error.h"
#include "base/file.h"
#include "engine/codec/container.h"
#include "engine/optim/flat.h"
#include "engine/optim/groups.h"
#include "engine/quant/quantize.h"

namespace pgolf {

void load_artifact(Context& ctx, Params& params, const std::filesystem::path& path, const Pinned& pinned) {
  const std::vector<std::byte> file = read_bytes(path);
  const Artifact artifact = unpack_artifact(file, path.string());
  const Json metadata = parse_json(artifact.metadata, path.string());
  const auto packed_for = json_get<std::string>(metadata, "config_sha256", path.string());
  if (const std::string wanted = pinned_sha256(pinned); packed_for != wanted)
    fail(ErrorKind::submission,
         "{}: packed for configuration {:.12}, and this run is {:.12}; pack the checkpoint again", path.string(),
         packed_for, wanted);

  auto values = dequantize_model(artifact);
  for (const Params::Named& tensor : params.unbanked()) {
    const auto found = values.find(tensor.name);
    if (found == values.end()) fail(ErrorKind::submission, "{}: tensor {} is missing", path.string(), tensor.name);
    if (static_cast<int64_t>(found->second.size()) != tensor.value.numel())
      fail(ErrorKind::submission, "{}: tensor {} has {} elements, the model's has {}", path.string(), tensor.name,
           found->second.size(), tensor.value.numel());
    ctx.copy(tensor.value, Tensor{found->second.data(), tensor.value.shape, DType::f32, kCpu});
    if (pinned.config.model.table_rounding == Rounding::bf16 && is_embedding_table(tensor.name))
      round_to_bf16_(ctx, tensor.value);
    values.erase(found);
  }
  if (!values.empty())
    fail(ErrorKind::submission, "{}: tensor {} is not part of the model", path.string(), values.begin()->first);
  params.refresh(ctx);
}

}  // namespace pgolf
