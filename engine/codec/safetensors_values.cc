#include <algorithm>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "engine/codec/float16.h"
#include "engine/codec/safetensors.h"

namespace pgolf {
namespace {

template <class Out, class In>
std::vector<Out> convert(std::span<const std::byte> bytes, Out (*element)(In)) {
  std::vector<Out> out(bytes.size() / sizeof(In));
  for (size_t i = 0; i < out.size(); ++i) {
    In value;
    std::memcpy(&value, bytes.data() + i * sizeof(In), sizeof(In));
    out[i] = element(value);
  }
  return out;
}

template <class Out, class In>
Out widen(In value) {
  return static_cast<Out>(value);
}

template <class In>
int32_t narrow(In value) {
  if (!std::in_range<int32_t>(value))
    fail(ErrorKind::submission, "integer {} in a tensor does not fit in 32 bits", value);
  return static_cast<int32_t>(value);
}

}  // namespace

std::vector<float> to_floats(const SafetensorsView& view) {
  const auto& d = view.dtype;
  if (d == "F32") return convert<float, float>(view.bytes, widen);
  if (d == "F16") return convert<float, uint16_t>(view.bytes, half_to_float);
  if (d == "BF16") return convert<float, uint16_t>(view.bytes, bf16_to_float);
  if (d == "I8") return convert<float, int8_t>(view.bytes, widen);
  if (d == "U8" || d == "BOOL") return convert<float, uint8_t>(view.bytes, widen);
  if (d == "I16") return convert<float, int16_t>(view.bytes, widen);
  if (d == "U16") return convert<float, uint16_t>(view.bytes, widen);
  if (d == "I32") return convert<float, int32_t>(view.bytes, widen);
  if (d == "I64") return convert<float, int64_t>(view.bytes, widen);
  if (d == "F64") return convert<float, double>(view.bytes, widen);
  fail(ErrorKind::submission, "tensor of dtype {} cannot be read as floats", d);
}

std::vector<int32_t> to_ints(const SafetensorsView& view) {
  const auto& d = view.dtype;
  if (d == "I8") return convert<int32_t, int8_t>(view.bytes, widen);
  if (d == "U8" || d == "BOOL") return convert<int32_t, uint8_t>(view.bytes, widen);
  if (d == "I16") return convert<int32_t, int16_t>(view.bytes, widen);
  if (d == "U16") return convert<int32_t, uint16_t>(view.bytes, widen);
  if (d == "I32") return convert<int32_t, int32_t>(view.bytes, widen);
  if (d == "U32") return convert<int32_t, uint32_t>(view.bytes, narrow);
  if (d == "I64") return convert<int32_t, int64_t>(view.bytes, narrow);
  if (d == "U64") return convert<int32_t, uint64_t>(view.bytes, narrow);
  fail(ErrorKind::submission, "tensor of dtype {} cannot be read as integers", d);
}

void SafetensorsWriter::metadata(std::string key, std::string value) { metadata_[std::move(key)] = std::move(value); }

void SafetensorsWriter::add(std::string name, std::string dtype, std::vector<int64_t> shape,
                            std::span<const std::byte> bytes) {
  const size_t element = safetensors_dtype_size(dtype);
  check(element != 0, "safetensors: tensor {}: unknown dtype {}", name, dtype);
  uint64_t needed = element;
  for (const int64_t extent : shape) needed *= static_cast<uint64_t>(extent);
  check(needed == bytes.size(), "safetensors: tensor {}: shape needs {} bytes, got {}", name, needed, bytes.size());
  check(
      name != "__metadata__" && std::none_of(entries_.begin(), entries_.end(), [&](auto& e) { return e.name == name; }),
      "safetensors: tensor name {} is taken", name);
  entries_.push_back({std::move(name), std::move(dtype), std::move(shape), bytes});
}

void SafetensorsWriter::add(std::string name, std::vector<int64_t> shape, std::span<const float> values) {
  add(std::move(name), "F32", std::move(shape), std::as_bytes(values));
}

std::vector<std::byte> SafetensorsWriter::serialize() const {
  auto order = entries_;
  std::stable_sort(order.begin(), order.end(), [](const Entry& a, const Entry& b) {
    return safetensors_dtype_size(a.dtype) > safetensors_dtype_size(b.dtype);
  });
  Json header = Json::object();
  if (!metadata_.empty()) header["__metadata__"] = metadata_;
  uint64_t position = 0;
  for (const Entry& e : order) {
    header[e.name] = {{"dtype", e.dtype}, {"shape", e.shape}, {"data_offsets", {position, position + e.bytes.size()}}};
    position += e.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t header_size = text.size();
  std::vector<std::byte> out(sizeof header_size + text.size() + position);
  std::memcpy(out.data(), &header_size, sizeof header_size);
  std::memcpy(out.data() + sizeof header_size, text.data(), text.size());
  auto* data = out.data() + sizeof header_size + text.size();
  for (const Entry& e : order) data = std::copy(e.bytes.begin(), e.bytes.end(), data);
  return out;
}

void SafetensorsWriter::write(const std::filesystem::path& path) const { write_file_atomic(path, serialize()); }

}  // namespace pgolf
