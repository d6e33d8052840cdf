#include "archive/published_folders.h"

#include <algorithm>

#include "archive/disk_folder.h"

namespace pgolf {

std::vector<PublishedFolder> published_folders(const ArchiveTables& tables, int64_t pull) {
  std::vector<PublishedFolder> out;
  for (const ArchiveSource& source : tables.sources()) {
    const auto heads = tables.heads(source.id, pull);
    if (heads.empty() || source.kind != "git") continue;
    const ArchiveHead& head = heads.front();
    auto folders = tables.folders(source.id, pull);
    const bool owns = std::any_of(folders.begin(), folders.end(),
                                  [&](const ArchiveFolder& f) { return f.owner == pull && !f.path.empty(); });
    const bool any =
        std::any_of(folders.begin(), folders.end(), [](const ArchiveFolder& f) { return !f.path.empty(); });
    std::erase_if(folders,
                  [&](const ArchiveFolder& f) { return (owns && f.owner != pull) || (any && f.path.empty()); });
    for (const ArchiveFolder& folder : folders) {
      std::vector<PublishedFile> files;
      for (const ArchiveFile& file : tables.files(folder.id))
        if (auto blob = tables.blob(file.blob)) files.push_back({file.name, std::move(*blob)});
      if (files.empty()) continue;
      out.push_back({pull, folder.owner, folder.path, head.head, head.relation,
                     publication_of({pull, folder.path, head.head}, files), folder.added_at});
    }
  }
  return out;
}

PublishedFolder published_on_disk(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::canonical(folder);
  DiskFolder disk = read_disk_folder(whole);
  std::vector<PublishedFile> files;
  for (size_t i = 0; i < disk.blobs.size(); ++i) files.push_back({disk.folder.files[i].name, std::move(disk.blobs[i])});
  return {0, 0, whole.string(), "", "folder", publication_of({0, whole.string(), ""}, files), std::nullopt};
}

}  // namespace pgolf
