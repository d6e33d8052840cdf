// The safetensors format: checkpoints and golden vectors.
//
// A file is a little-endian u64 header length, a JSON header {name: {dtype, shape, data_offsets}, "__metadata__": {..}}
// and the tensors' bytes, row-major and little-endian. The reader trusts nothing in the header.
// Format: https://github.com/huggingface/safetensors#format
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// Bytes of one element of "F32", "BF16", "I8", ...; 0 for a name that the format does not know.
size_t safetensors_dtype_size(std::string_view dtype);

struct SafetensorsView {
  std::string dtype;
  std::vector<int64_t> shape;        // [] is a scalar
  std::span<const std::byte> bytes;  // not aligned; lives as long as the file object

  int64_t numel() const;
};

class SafetensorsFile {
 public:
  // Errors: not_found for a missing file; submission, in one line that names the file and what is wrong with it, for a
  // header that is truncated, oversized, not JSON, has duplicate keys, or describes tensors that overlap, leave gaps,
  // leave the file or do not have the size of their shape.
  static SafetensorsFile open(const std::filesystem::path& path);
  static SafetensorsFile parse(std::vector<std::byte> bytes, std::string origin);  // `origin` stands for the path

  SafetensorsFile(SafetensorsFile&&) = default;  // views point into bytes_, so no copies
  SafetensorsFile& operator=(SafetensorsFile&&) = default;

  const std::string& origin() const { return origin_; }
  const std::vector<std::string>& names() const { return names_; }  // in the order of their data
  bool contains(std::string_view name) const { return tensors_.contains(name); }
  const SafetensorsView& tensor(std::string_view name) const;  // Errors: submission, naming file and tensor

  const std::map<std::string, std::string, std::less<>>& metadata() const { return metadata_; }
  const std::string& metadata(std::string_view key) const;  // Errors: submission, naming file and key

 private:
  SafetensorsFile() = default;

  std::string origin_;
  std::vector<std::byte> bytes_;
  std::vector<std::string> names_;
  std::map<std::string, SafetensorsView, std::less<>> tensors_;
  std::map<std::string, std::string, std::less<>> metadata_;
};

// Elements as float32, exact for F32, F16, BF16, I8, U8, I16, U16 and BOOL, rounded for I32, I64 and F64; as int32, for
// integer types that fit. Errors: submission for other types and values, naming the dtype.
std::vector<float> to_floats(const SafetensorsView& view);
std::vector<int32_t> to_ints(const SafetensorsView& view);

// Collects tensors and writes them in one atomic file. Tensors are laid out by descending element size, in the order
// given within one size, so that every tensor is aligned, as the format's own writer does.
class SafetensorsWriter {
 public:
  void metadata(std::string key, std::string value);
  // Borrows `bytes` until write(). A repeated name, or bytes that do not fit the shape, is a broken invariant.
  void add(std::string name, std::string dtype, std::vector<int64_t> shape, std::span<const std::byte> bytes);
  void add(std::string name, std::vector<int64_t> shape, std::span<const float> values);

  std::vector<std::byte> serialize() const;
  void write(const std::filesystem::path& path) const;  // errors as base/file.h

 private:
  struct Entry {
    std::string name, dtype;
    std::vector<int64_t> shape;
    std::span<const std::byte> bytes;
  };
  std::vector<Entry> entries_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace pgolf
