#include "harness/weights/stored_zip.h"

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "base/message.h"

namespace pgolf {
namespace {

// Sizes of the fixed parts and their first four bytes. Source: APPNOTE.TXT of PKWARE, 4.3.
constexpr size_t kEndSize = 22, kEntrySize = 46, kLocalSize = 30, kMostFiles = 10'000;
constexpr uint32_t kEnd = 0x06054b50, kEntry = 0x02014b50, kLocal = 0x04034b50;

class ZipReader {
 public:
  ZipReader(ByteView file, std::string_view origin) : file_(file), origin_(origin) {}

  std::map<std::string, ByteView, std::less<>> read() {
    const size_t end = find_end();
    const size_t files = number(end + 10, 2);
    size_t at = number(end + 16, 4);
    if (files > kMostFiles) refuse("has too many files");
    for (size_t i = 0; i < files; ++i) at = read_entry(at);
    std::sort(extents_.begin(), extents_.end());
    for (size_t i = 1; i < extents_.size(); ++i)
      if (extents_[i].first < extents_[i - 1].second) refuse("has files that lie over each other");
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view why) const {
    fail(ErrorKind::submission, "{}: the zip archive within {}", origin_, why);
  }

  // `size` bytes from `at`, least first.
  size_t number(size_t at, size_t size) const {
    if (at > file_.size() || size > file_.size() - at) refuse("is cut short");
    size_t out = 0;
    for (size_t i = size; i-- > 0;) out = out << 8 | std::to_integer<size_t>(file_[at + i]);
    return out;
  }

  // The end record is last, and may have a comment of 64 kB behind it.
  size_t find_end() const {
    if (file_.size() < kEndSize) refuse("is cut short");
    const size_t last = file_.size() - kEndSize;
    for (size_t back = 0; back <= std::min<size_t>(last, 65'535); ++back)
      if (number(last - back, 4) == kEnd) return last - back;
    refuse("has no end record");
  }

  // Returns where the next one lies.
  size_t read_entry(size_t at) {
    if (number(at, 4) != kEntry) refuse("has a damaged table of files");
    const size_t flags = number(at + 8, 2), method = number(at + 10, 2), crc = number(at + 16, 4);
    const size_t stored = number(at + 20, 4), size = number(at + 24, 4), local = number(at + 42, 4);
    const size_t name_size = number(at + 28, 2), behind = number(at + 30, 2) + number(at + 32, 2);
    if (method != 0 || stored != size || (flags & 1) != 0) refuse("has a file that is compressed or encrypted");
    number(at + kEntrySize, name_size);
    const auto* name_at = reinterpret_cast<const char*>(file_.data() + at + kEntrySize);
    std::string name(name_at, name_size);
    if (number(local, 4) != kLocal) refuse("has a damaged file header");
    const size_t start = local + kLocalSize + number(local + 26, 2) + number(local + 28, 2);
    if (start > file_.size() || size > file_.size() - start) refuse("is cut short");
    const ByteView bytes = file_.subspan(start, size);
    if (::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(size)) != crc)
      refuse("is damaged: a checksum is wrong");
    if (size > 0) extents_.emplace_back(start, start + size);
    if (!out_.emplace(std::move(name), bytes).second) refuse("names a file twice");
    return at + kEntrySize + name_size + behind;
  }

  ByteView file_;
  std::string_view origin_;
  std::map<std::string, ByteView, std::less<>> out_;
  std::vector<std::pair<size_t, size_t>> extents_;
};

}  // namespace

std::map<std::string, ByteView, std::less<>> read_stored_zip(ByteView file, std::string_view origin) {
  return ZipReader(file, origin).read();
}

}  // namespace pgolf
