#include "harness/bundle/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/units.h"

namespace pgolf {
namespace {

constexpr int kLevel = 9;  // weights do not shrink, logs do
constexpr size_t kBlock = 512;

using Archive = std::unique_ptr<archive, int (*)(archive*)>;
using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

la_ssize_t append(archive*, void* out, const void* data, size_t size) {
  static_cast<std::string*>(out)->append(static_cast<const char*>(data), size);
  return static_cast<la_ssize_t>(size);
}

[[noreturn]] void refuse(std::string_view origin, const std::string& why) {
  fail(ErrorKind::submission, "{}: {}", origin, why);
}

[[noreturn]] void too_large(std::string_view origin, const std::string& what, int64_t most) {
  fail(ErrorKind::limit, "{}: {}; a bundle may have {}", origin, what, with_commas(most));
}

std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 120)) out += c >= 0x20 && c < 0x7f ? c : '?';
  return out;
}

// What libarchive calls it, for people.
const char* type_name(archive_entry* entry) {
  if (archive_entry_hardlink(entry)) return "a hard link";
  switch (archive_entry_filetype(entry)) {
    case AE_IFREG: return "a file";
    case AE_IFLNK: return "a symbolic link";
    case AE_IFDIR: return "a directory";
    case AE_IFCHR:
    case AE_IFBLK: return "a device";
    case AE_IFIFO: return "a pipe";
    default: return "no regular file";
  }
}

std::string entry_name(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  return name ? name : "";
}

void check_entry(archive_entry* entry, std::string_view origin, const BundleLimits& limits) {
  const std::string name = entry_name(entry);
  if (archive_entry_filetype(entry) != AE_IFREG || archive_entry_hardlink(entry) ||
      archive_entry_sparse_count(entry) > 0)
    refuse(origin, fmt::format("'{}' is {}; a bundle has only regular files", printable(name), type_name(entry)));
  if (!is_bundle_path(name))
    refuse(origin,
           fmt::format("'{}' is no path that a bundle may hold; it could lead outside of the run", printable(name)));
  if (!archive_entry_size_is_set(entry) || archive_entry_size(entry) < 0)
    refuse(origin, fmt::format("'{}' has no size", name));
  if (archive_entry_size(entry) > limits.file_bytes)
    too_large(origin, fmt::format("'{}' has {} bytes", name, with_commas(archive_entry_size(entry))),
              limits.file_bytes);
}

std::string read_content(archive* tar, archive_entry* entry, std::string_view origin, size_t left) {
  const auto size = static_cast<size_t>(archive_entry_size(entry));
  if (size > left) refuse(origin, fmt::format("cut short within '{}'", entry_name(entry)));  // before memory is taken
  std::string out(size, '\0');
  size_t done = 0;
  while (done < size) {
    const la_ssize_t n = archive_read_data(tar, out.data() + done, size - done);
    if (n <= 0) refuse(origin, fmt::format("cut short within '{}'", entry_name(entry)));
    done += static_cast<size_t>(n);
  }
  return out;
}

// At least two blocks of zeros follow the files, and nothing else does. So no data can hide behind the end, and a
// header of another dialect is noticed, since it takes a block of its own.
void check_layout(std::string_view tar, const TarFiles& files, std::string_view origin) {
  size_t end = 0;
  for (const auto& [path, content] : files) end += kBlock + (content.size() + kBlock - 1) / kBlock * kBlock;
  if (tar.size() < end + 2 * kBlock) refuse(origin, "cut short at the end of the archive");
  if (tar.find_first_not_of('\0', end) != std::string_view::npos)
    refuse(origin, "there is more in the archive than its files; pgolf writes plain ustar");
}

}  // namespace

std::string write_tar(const TarFiles& files) {
  std::string out;
  const Archive tar(archive_write_new(), archive_write_free);
  check(tar != nullptr, "libarchive: no memory");
  archive_write_set_format_ustar(tar.get());
  check(archive_write_open2(tar.get(), &out, nullptr, append, nullptr, nullptr) == ARCHIVE_OK, "libarchive: {}",
        archive_error_string(tar.get()) ? archive_error_string(tar.get()) : "cannot write");
  for (const auto& [path, content] : files) {  // owner 0, mode and time fixed: contents alone decide the bytes
    const Entry entry(archive_entry_new(), archive_entry_free);
    archive_entry_set_pathname(entry.get(), path.c_str());
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0444);
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    archive_entry_set_mtime(entry.get(), 0, 0);
    check(archive_write_header(tar.get(), entry.get()) == ARCHIVE_OK, "libarchive: {}: header", path);
    check(archive_write_data(tar.get(), content.data(), content.size()) == static_cast<la_ssize_t>(content.size()),
          "libarchive: {}: data", path);
  }
  check(archive_write_close(tar.get()) == ARCHIVE_OK, "libarchive: end");
  return out;
}

TarFiles read_tar(std::string_view bytes, std::string_view origin, const BundleLimits& limits) {
  const Archive tar(archive_read_new(), archive_read_free);
  check(tar != nullptr, "libarchive: no memory");
  archive_read_support_format_tar(tar.get());
  if (archive_read_open_memory(tar.get(), bytes.data(), bytes.size()) != ARCHIVE_OK)
    refuse(origin, "no tar archive inside; this is no bundle of pgolf");
  TarFiles out;
  std::set<std::string> seen;
  archive_entry* entry = nullptr;
  for (;;) {
    const int status = archive_read_next_header(tar.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status != ARCHIVE_OK) {
      const char* why = archive_error_string(tar.get());
      refuse(origin, fmt::format("the archive is damaged or cut short ({})", printable(why ? why : "unknown reason")));
    }
    check_entry(entry, origin, limits);
    const std::string name = entry_name(entry);
    if (!seen.insert(name).second) refuse(origin, fmt::format("'{}' comes twice", name));
    if (static_cast<int64_t>(seen.size()) > limits.files) too_large(origin, "too many files", limits.files);
    out.emplace_back(name, read_content(tar.get(), entry, origin, bytes.size()));
  }
  check_layout(bytes, out, origin);
  return out;
}

std::string zstd_frame(std::string_view data) {
  const std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  check(context != nullptr, "zstd: no memory");
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const size_t size = ZSTD_compress2(context.get(), out.data(), out.size(), data.data(), data.size());
  check(!ZSTD_isError(size), "zstd: {}", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

std::string read_zstd_frame(std::string_view data, std::string_view origin, int64_t most) {
  if (data.size() < 4 || data.substr(0, 4) != "\x28\xb5\x2f\xfd")
    refuse(origin, "no zstd archive; this is no bundle of pgolf");
  const std::unique_ptr<ZSTD_DCtx, size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  check(context != nullptr, "zstd: no memory");
  std::string out, chunk(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer in{data.data(), data.size(), 0};
  for (size_t left = 1; left != 0;) {
    ZSTD_outBuffer piece{chunk.data(), chunk.size(), 0};
    const size_t before = in.pos;
    left = ZSTD_decompressStream(context.get(), &piece, &in);
    if (ZSTD_isError(left))
      refuse(origin, fmt::format("the compressed data are damaged ({})", ZSTD_getErrorName(left)));
    if (static_cast<int64_t>(out.size() + piece.pos) > most) too_large(origin, "unpacks to more than it may", most);
    out.append(chunk.data(), piece.pos);
    if (left != 0 && in.pos == before && piece.pos == 0) refuse(origin, "cut short: the compressed data do not end");
  }
  if (in.pos != data.size()) refuse(origin, "there is something after the end of the compressed data");
  return out;
}

}  // namespace pgolf
