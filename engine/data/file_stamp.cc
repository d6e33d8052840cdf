#include "engine/data/file_stamp.h"

#include "base/error.h"

namespace pgolf {
namespace {

int64_t nanoseconds(const timespec& time) { return int64_t{1'000'000'000} * time.tv_sec + time.tv_nsec; }

}  // namespace

FileStamp stamp_of(const struct stat& info) {
  return {info.st_dev, info.st_ino, info.st_size, nanoseconds(info.st_mtim), nanoseconds(info.st_ctim)};
}

FileStamp stamp_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) fail(ErrorKind::not_found, "{}: no such file, or not readable", path.string());
  return stamp_of(info);
}

}  // namespace pgolf
