#include "engine/codec/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "engine/codec/float16.h"

namespace pgolf {
namespace {

static_assert(std::endian::native == std::endian::little, "file formats are read in place");

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own reader
constexpr size_t kMaxShownName = 80;
constexpr int kMaxHeaderDepth = 4;                 // {name: {shape: [..]}}
constexpr const char* kMetadataKey = "__metadata__";

struct DtypeSize {
  std::string_view name;
  size_t bytes;
};
constexpr std::array<DtypeSize, 15> kDtypes{{{"BOOL", 1}, {"U8", 1}, {"I8", 1}, {"F8_E5M2", 1}, {"F8_E4M3", 1},
                                            {"I16", 2}, {"U16", 2}, {"F16", 2}, {"BF16", 2}, {"I32", 4}, {"U32", 4},
                                            {"F32", 4}, {"I64", 8}, {"U64", 8}, {"F64", 8}}};

using Header = nlohmann::json;  // sorted keys: a hostile header of a million names stays cheap

// A name from the file as a message may show it: one line, of bounded length.
std::string shown(const std::string& name) {
  return Header(name.substr(0, kMaxShownName)).dump(-1, ' ', true, Header::error_handler_t::replace);
}

// Refuses duplicate keys and deep nesting while the parser runs, before either can cost memory.
class HeaderGuard {
 public:
  explicit HeaderGuard(std::string_view origin) : origin_(origin) {}

  bool operator()(int depth, Header::parse_event_t event, Header& parsed) {
    if (depth > kMaxHeaderDepth) fail(ErrorKind::submission, "{}: safetensors header is nested too deeply", origin_);
    if (event == Header::parse_event_t::object_start) keys_[static_cast<size_t>(depth)].clear();
    if (event == Header::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_[static_cast<size_t>(depth) - 1].insert(key).second)
        fail(ErrorKind::submission, "{}: safetensors header has the key {} twice", origin_, shown(key));
    }
    return true;
  }

 private:
  std::string_view origin_;
  std::array<std::set<std::string>, kMaxHeaderDepth + 1> keys_;
};

Header parse_header(std::string_view text, std::string_view origin) {
  if (text.empty() || text.front() != '{')
    fail(ErrorKind::submission, "{}: safetensors header does not start with '{{'; is this a safetensors file?", origin);
  HeaderGuard guard(origin);
  try {
    return Header::parse(text, std::ref(guard));
  } catch (const Header::parse_error& e) {
    fail(ErrorKind::submission, "{}: safetensors header is not valid JSON at byte {}", origin, e.byte);
  } catch (const Header::exception&) {
    fail(ErrorKind::submission, "{}: safetensors header holds a number that is out of range", origin);
  }
}

uint64_t read_unsigned(const Header& json, std::string_view origin, const std::string& name, std::string_view what) {
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
      fail(ErrorKind::submission, "{}: tensor {}: shape is too large", origin, shown(name));
  }
  return bytes;
}

struct Placed {
  std::string name;
  uint64_t begin, end;
  SafetensorsView view;
};

const Header& member(const Header& entry, const char* key, std::string_view origin, const std::string& name) {
  if (!entry.is_object() || !entry.contains(key))
    fail(ErrorKind::submission, "{}: tensor {}: '{}' is missing", origin, shown(name), key);
  return entry.at(key);
}

Placed parse_entry(const std::string& name, const Header& entry, std::span<const std::byte> data,
                   std::string_view origin) {
  Placed placed{name, 0, 0, {}};
  const Header &dtype = member(entry, "dtype", origin, name), &shape = member(entry, "shape", origin, name),
               &offsets = member(entry, "data_offsets", origin, name);
  if (dtype.is_string()) placed.view.dtype = dtype.get<std::string>();
  const size_t element = safetensors_dtype_size(placed.view.dtype);
  if (element == 0) fail(ErrorKind::submission, "{}: tensor {}: unknown dtype {}", origin, shown(name),
         shown(placed.view.dtype));
  if (!shape.is_array() || !offsets.is_array() || offsets.size() != 2)
    fail(ErrorKind::submission, "{}: tensor {}: shape and data_offsets [begin, end] must be arrays", origin, shown(name));
  for (const Header& extent : shape) {
    const uint64_t value = read_unsigned(extent, origin, name, "shape entries");
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      fail(ErrorKind::submission, "{}: tensor {}: shape is too large", origin, shown(name));
    placed.view.shape.push_back(static_cast<int64_t>(value));
  }
  placed.begin = read_unsigned(offsets[0], origin, name, "data_offsets");
  placed.end = read_unsigned(offsets[1], origin, name, "data_offsets");
  if (placed.begin > placed.end || placed.end > data.size())
    fail(ErrorKind::submission, "{}: tensor {}: data [{}, {}) lies outside the file's {} data bytes; is it cut short?",
         origin, shown(name), placed.begin, placed.end, data.size());
  const uint64_t needed = shape_bytes(placed.view.shape, element, origin, name);
  if (needed != placed.end - placed.begin)
    fail(ErrorKind::submission, "{}: tensor {}: shape needs {} bytes, data has {}", origin, shown(name), needed,
         placed.end - placed.begin);
  placed.view.bytes = data.subspan(placed.begin, placed.end - placed.begin);
  return placed;
}

// The data must be covered exactly once, as the format demands: no overlap, no gap, no trailing bytes.
void check_coverage(const std::vector<Placed>& tensors, size_t data_size, std::string_view origin) {
  uint64_t position = 0;
  for (const Placed& t : tensors) {
    if (t.begin < position)
      fail(ErrorKind::submission, "{}: tensor {} overlaps the one before it", origin, shown(t.name));
    if (t.begin > position) fail(ErrorKind::submission, "{}: unused bytes before tensor {}", origin, shown(t.name));
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

int64_t SafetensorsView::numel() const {
  return static_cast<int64_t>(bytes.size() / safetensors_dtype_size(dtype));
}

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
    fail(ErrorKind::submission, "{}: safetensors header claims {} bytes, the file has {}; it is cut short or another format",
         file.origin_, header_size, file.bytes_.size());
  const auto* text = reinterpret_cast<const char*>(file.bytes_.data() + sizeof header_size);
  const Header header = parse_header({text, static_cast<size_t>(header_size)}, file.origin_);
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
        fail(ErrorKind::submission, "{}: __metadata__ {} must be a string", file.origin_, shown(key));
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
