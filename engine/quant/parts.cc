#include "engine/quant/parts.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "engine/codec/float16.h"

namespace pgolf {
namespace {

template <class T>
ArtifactPart make_part(std::string key, ElementType type, std::vector<int64_t> shape, std::span<const T> values) {
  const auto bytes = std::as_bytes(values);
  ArtifactPart part{std::move(key), type, std::move(shape), {bytes.begin(), bytes.end()}};
  check(part.numel() == static_cast<int64_t>(values.size()), "part {}: {} values do not fit its shape", part.key,
        values.size());
  return part;
}

const ArtifactPart& require_part(const ArtifactTensor& tensor, std::string_view key, int64_t numel) {
  const ArtifactPart* part = tensor.find(key);
  if (part == nullptr) fail(ErrorKind::submission, "tensor '{}': part '{}' is missing", tensor.name, key);
  if (numel >= 0 && part->numel() != numel)
    fail(ErrorKind::submission, "tensor '{}': part '{}' has {} elements instead of {}", tensor.name, key, part->numel(),
         numel);
  return *part;
}

[[noreturn]] void fail_type(const ArtifactTensor& tensor, const ArtifactPart& part) {
  fail(ErrorKind::submission, "tensor '{}': part '{}' has the wrong type {}", tensor.name, part.key,
       element_name(part.type));
}

template <class T>
std::vector<T> copy_elements(const ArtifactPart& part) {
  std::vector<T> out(static_cast<size_t>(part.numel()));
  if (!out.empty()) std::memcpy(out.data(), part.bytes.data(), out.size() * sizeof(T));
  return out;
}

}  // namespace

ArtifactPart codes_part(std::string key, std::vector<int64_t> shape, std::span<const int8_t> codes) {
  return make_part(std::move(key), ElementType::i8, std::move(shape), codes);
}

ArtifactPart int16_part(std::string key, std::vector<int64_t> shape, std::span<const int64_t> values) {
  std::vector<int16_t> narrow;
  for (const int64_t value : values) {
    check(std::in_range<int16_t>(value), "part {}: {} does not fit in 16 bits", key, value);
    narrow.push_back(static_cast<int16_t>(value));
  }
  return make_part<int16_t>(std::move(key), ElementType::i16, std::move(shape), narrow);
}

ArtifactPart float_part(std::string key, std::vector<int64_t> shape, std::span<const float> values) {
  return make_part(std::move(key), ElementType::f32, std::move(shape), values);
}

ArtifactPart half_part(std::string key, std::vector<int64_t> shape, std::span<const float> values,
                       std::string_view tensor) {
  std::vector<uint16_t> halves;
  halves.reserve(values.size());
  for (const float value : values) {
    halves.push_back(float_to_half(value));
    if (!std::isfinite(half_to_float(halves.back())))
      fail(ErrorKind::submission, "tensor '{}': '{}' of {} does not fit in float16; the weights have diverged", tensor,
           key, value);
  }
  return make_part<uint16_t>(std::move(key), ElementType::f16, std::move(shape), halves);
}

std::vector<float> part_floats(const ArtifactTensor& tensor, std::string_view key, int64_t numel) {
  const ArtifactPart& part = require_part(tensor, key, numel);
  if (part.type == ElementType::f32) return copy_elements<float>(part);
  if (part.type != ElementType::f16) fail_type(tensor, part);
  const auto halves = copy_elements<uint16_t>(part);
  std::vector<float> out(halves.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = half_to_float(halves[i]);
  return out;
}

std::span<const int8_t> part_codes(const ArtifactTensor& tensor, std::string_view key, int64_t numel) {
  const ArtifactPart& part = require_part(tensor, key, numel);
  if (part.type != ElementType::i8) fail_type(tensor, part);
  return {reinterpret_cast<const int8_t*>(part.bytes.data()), part.bytes.size()};
}

std::vector<int64_t> part_int16(const ArtifactTensor& tensor, std::string_view key, int64_t numel) {
  const ArtifactPart& part = require_part(tensor, key, numel);
  if (part.type != ElementType::i16) fail_type(tensor, part);
  const auto values = copy_elements<int16_t>(part);
  return {values.begin(), values.end()};
}

}  // namespace pgolf
