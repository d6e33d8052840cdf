// A submission's folder on disk, as a pull request's folder is on record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "db/archive.h"

namespace pgolf {

struct DiskFolder {
  ArchiveFolder folder;  // of no pull request
  std::vector<ArchiveBlob> blobs;
  std::string identity;  // SHA-256 over names and contents
};

// Regular files, a few folders deep; links are passed over. Errors: not_found for a folder without a log, script or
// submission.json; limit for one of thousands of files.
DiskFolder read_disk_folder(const std::filesystem::path& path);

}  // namespace pgolf
