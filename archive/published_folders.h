// Publications by name: a pull request of the archive, or a folder on disk.
#pragma once

#include <filesystem>
#include <vector>

#include "archive/publication.h"

namespace pgolf {

struct PublishedFolder {
  int64_t pull = 0, owner = 0;  // owner: the pull request whose folder it is
  std::string path, head, relation;
  Publication publication;
  std::optional<int64_t> added_at;  // seconds since 1970
};

// Its folders; those of others are left out where it owns any, and files in no folder where it has any. Empty if the
// pull request was never added.
std::vector<PublishedFolder> published_folders(const ArchiveTables& tables, int64_t pull);
PublishedFolder published_on_disk(const std::filesystem::path& folder);  // errors: as read_disk_folder

}  // namespace pgolf
