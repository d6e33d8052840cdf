// What tells that a file's content is still the one that was read, without reading it again.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>

namespace pgolf {

// A write moves both times, and the time of change cannot be set by the file's owner, as the time of modification can.
// Whoever sets the machine's clock, or writes to the disk beneath its file system, is not seen.
struct FileStamp {
  uint64_t device = 0, inode = 0;
  int64_t bytes = 0, modified_ns = 0, changed_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

FileStamp stamp_of(const struct stat& info);

// Of what `path` leads to. Errors: not_found.
FileStamp stamp_of(const std::filesystem::path& path);

}  // namespace pgolf
