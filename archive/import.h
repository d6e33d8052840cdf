// Takes published files into the record: a repository's pull requests, or one folder. Nothing of them is executed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "db/archive.h"

namespace pgolf {

// Grows when what is read of a file changes; what an older version read is read again.
inline constexpr int64_t kArchiveReader = 3;

struct Imported {
  std::string location, kind;
  int64_t heads = 0, changed = 0, removed = 0;  // pull requests: all, new or moved, gone
  int64_t folders = 0;                          // of all
  int64_t files_read = 0, bytes_read = 0, absent = 0;
};

// A git directory with refs/pull/N/head, bare or not, or a folder. What is on record and has not changed is not read
// again; all or nothing is written. Errors: not_found, submission, database.
Imported add_to_archive(Store& store, const std::filesystem::path& path);

}  // namespace pgolf
