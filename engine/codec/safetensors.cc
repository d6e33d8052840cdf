#include "engine/codec/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "base/file.h"
#include "engine/codec/strict_json.h"

namespace pgolf {
namespace {

static_assert(std::endian::native == std::endian::little, "file formats are read in place");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own reader
constexpr int kMaxHeaderDepth = 4;                 // {name: {shape: [..]}}
constexpr const char* kMetadataKey = "__metadata__";

struct DtypeSize {
  std::string_view name;
  size_t bytes;
};
constexpr std::array<DtypeSize, 15> kDtypes{{{"BOOL", 1},
                                             {"U8", 1},
                                             {"I8", 1},
                                             {"F8_E5M2", 1},
                                             {"F8_E4M3", 1},
                                             {"I16", 2},
                                             {"U16", 2},
                                             {"F16", 2},
                                             {"BF16", 2},
                                             {"I32", 4},
                                             {"U32", 4},
                                             {"F32", 4},
                                             {"I64", 8},
                                             {"U64", 8},
                                             {"F64", 8}}};

constexpr std::string_view kHeader = "safetensors header";

uint64_t read_unsigned(const HeaderJson& json, std::string_view origin, const std::string& name,
                       std::string_view what) {
  if (!json.is_number_unsigned())
    fail(ErrorKind::submission, "{}: tensor {}: {} must be non-negative integers", origin, name, what);
  return json.get<uint64_t>();
}

// Bytes that `shape` needs. Errors: submission where the product leaves 63 bits.
uint64_t shape_bytes(const std::vector<int64_t>& shape, size_t element, std::string_view origin,
                     const std::string& name) {
  uint64_t bytes = element;
  for (const int64_t extent : shape) {
    if (__builtin_mul_overflow(bytes, static_cast<uint64_t>(extent), &bytes) ||
        bytes > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      fail(ErrorKind::submission, "{}: tensor {}: shape is too large", origin, shown_name(name));
  }
  return bytes;
}

struct Placed {
  std::string name;
  uint64_t begin, end;
  SafetensorsView view;
};

const HeaderJson& member(const HeaderJson& entry, const char* key, std::string_view origin, const std::string& name) {
  if (!entry.is_object() || !entry.contains(key))
    fail(ErrorKind::submission, "{}: tensor {}: '{}' is missing", origin, shown_name(name), key);
  return entry.at(key);
}

Placed parse_entry(const std::string& name, const HeaderJson& entry, std::span<const std::byte> data,
                   std::string_view origin) {
  Placed placed{name, 0, 0, {}};
  const HeaderJson &dtype = member(entry, "dtype", origin, name), &shape = member(entry, "shape", origin, name),
                   &offsets = member(entry, "data_offsets", origin, name);
  if (dtype.is_string()) placed.view.dtype = dtype.get<std::string>();
  const size_t element = safetensors_dtype_size(placed.view.dtype);
  if (element == 0)
    fail(ErrorKind::submission, "{}: tensor {}: unknown dtype {}", origin, shown_name(name),
         shown_name(placed.view.dtype));
  if (!shape.is_array() || !offsets.is_array() || offsets.size() != 2)
    fail(ErrorKind::submission, "{}: tensor {}: shape and data_offsets [begin, end] must be arrays", origin,
         shown_name(name));
  for (const HeaderJson& extent : shape) {
    const uint64_t value = read_unsigned(extent, origin, name, "shape entries");
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      fail(ErrorKind::submission, "{}: tensor {}: shape is too large", origin, shown_name(name));
    placed.view.shape.push_back(static_cast<int64_t>(value));
  }
  placed.begin = read_unsigned(offsets[0], origin, name, "data_offsets");
  placed.end = read_unsigned(offsets[1], origin, name, "data_offsets");
  if (placed.begin > placed.end || placed.end > data.size())
    fail(ErrorKind::submission, "{}: tensor {}: data [{}, {}) lies outside the file's {} data bytes; is it cut short?",
         origin, shown_name(name), placed.begin, placed.end, data.size());
  const uint64_t needed = shape_bytes(placed.view.shape, element, origin, name);
  if (needed != placed.end - placed.begin)
    fail(ErrorKind::submission, "{}: tensor {}: shape needs {} bytes, data has {}", origin, shown_name(name), needed,
         placed.end - placed.begin);
  placed.view.bytes = data.subspan(placed.begin, placed.end - placed.begin);
  return placed;
}

// The data must be covered exactly once, as the format demands: no overlap, no gap, no trailing bytes.
void check_coverage(const std::vector<Placed>& tensors, size_t data_size, std::string_view origin) {
  uint64_t position = 0;
  for (const Placed& t : tensors) {
    if (t.begin < position)
      fail(ErrorKind::submission, "{}: tensor {} overlaps the one before it", origin, shown_name(t.name));
    if (t.begin > position)
      fail(ErrorKind::submission, "{}: unused bytes before tensor {}", origin, shown_name(t.name));
    position = t.end;
  }
  if (position != data_size)
    fail(ErrorKind::submission, "{}: {} bytes follow the last tensor", origin, data_size - position);
}

}  // namespace

size_t safetensors_dtype_size(std::string_view dtype) {
  for (const auto& known : kDtypes)
    if (known.name == dtype) return known.bytes;
  return 0;
}

int64_t SafetensorsView::numel() const { return static_cast<int64_t>(bytes.size() / safetensors_dtype_size(dtype)); }

SafetensorsFile SafetensorsFile::open(const std::filesystem::path& path) {
  return parse(read_bytes(path), path.string());
}

SafetensorsFile SafetensorsFile::parse(std::vector<std::byte> bytes, std::string origin) {
  SafetensorsFile file;
  file.origin_ = std::move(origin);
  file.bytes_ = std::move(bytes);
  uint64_t header_size = 0;
  if (file.bytes_.size() < sizeof header_size)
    fail(ErrorKind::submission, "{}: {} bytes are too few for a safetensors file", file.origin_, file.bytes_.size());
  std::memcpy(&header_size, file.bytes_.data(), sizeof header_size);
  if (header_size > kMaxHeaderBytes || header_size > file.bytes_.size() - sizeof header_size)
    fail(ErrorKind::submission,
         "{}: safetensors header claims {} bytes, the file has {}; it is cut short or another format", file.origin_,
         header_size, file.bytes_.size());
  const auto* text = reinterpret_cast<const char*>(file.bytes_.data() + sizeof header_size);
  const HeaderJson header = parse_header_json({text, header_size}, file.origin_, kHeader, kMaxHeaderDepth);
  const auto data = std::span<const std::byte>(file.bytes_).subspan(sizeof header_size + header_size);

  std::vector<Placed> tensors;
  for (const auto& [name, entry] : header.items()) {
    if (name != kMetadataKey) {
      tensors.push_back(parse_entry(name, entry, data, file.origin_));
      continue;
    }
    if (!entry.is_object()) fail(ErrorKind::submission, "{}: __metadata__ must be an object", file.origin_);
    for (const auto& [key, value] : entry.items()) {
      if (!value.is_string())
        fail(ErrorKind::submission, "{}: __metadata__ {} must be a string", file.origin_, shown_name(key));
      file.metadata_[key] = value.get<std::string>();
    }
  }
  std::stable_sort(tensors.begin(), tensors.end(), [](const Placed& a, const Placed& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  check_coverage(tensors, data.size(), file.origin_);
  for (Placed& t : tensors) {
    file.names_.push_back(t.name);
    file.tensors_.emplace(std::move(t.name), std::move(t.view));
  }
  return file;
}

const SafetensorsView& SafetensorsFile::tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) fail(ErrorKind::submission, "{}: tensor '{}' is missing", origin_, name);
  return found->second;
}

const std::string& SafetensorsFile::metadata(std::string_view key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) fail(ErrorKind::submission, "{}: metadata '{}' is missing", origin_, key);
  return found->second;
}

}  // namespace pgolf
