#include "engine/core/stream.h"

#include "engine/core/backend.h"

namespace pgolf {

Stream* create_stream(Device device) {
  if (device.is_cpu() || device.is_meta()) return nullptr;
  return with_cuda([&](auto cuda) { return decltype(cuda)::create_stream(device); });
}

void destroy_stream(Stream* stream) {
  if (stream != nullptr) with_cuda([&](auto cuda) { decltype(cuda)::destroy_stream(stream); });
}

void synchronize_stream(Stream* stream) {
  if (stream != nullptr) with_cuda([&](auto cuda) { decltype(cuda)::synchronize(stream); });
}

}  // namespace pgolf
