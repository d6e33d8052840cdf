#include "archive/published_text.h"

#include "archive/disk_folder.h"
#include "archive/git_repository.h"
#include "archive/pull_files.h"
#include "archive/read_file.h"
#include "base/error.h"
#include "base/file.h"
#include "judge/claims/log_text.h"
#include "resolve/code_stub.h"

namespace pgolf {
namespace {

void add(std::vector<PublishedText>& out, const std::string& name, const std::string& kind, std::string_view bytes) {
  std::string text = kind == "log" ? plain_text(bytes) : std::string(bytes);
  if (kind != "log" && kind != "text" && kind != "card" && !name.ends_with(".sh"))
    if (auto inner = unwrap_code(text)) text = std::move(inner->text);
  out.push_back({name, kind, std::move(text)});
}

bool is_wanted(const std::string& name, const std::string& kind) {
  return kind == "log" || kind == "text" || kind == "script" || kind == "card" || name.ends_with(".py") ||
         name.ends_with(".sh");
}

}  // namespace

std::vector<PublishedText> published_texts(const ArchiveTables& tables, const PublishedFolder& folder) {
  std::vector<PublishedText> out;
  for (const ArchiveSource& source : tables.sources()) {
    if (source.kind != "git") continue;
    for (const ArchiveFolder& candidate : tables.folders(source.id, folder.pull)) {
      if (candidate.path != folder.path) continue;
      const GitRepository repository(source.location);
      for (const ArchiveFile& file : tables.files(candidate.id)) {
        const auto id = id_from_hex(file.blob.first);
        const auto size = id ? repository.blob_size(*id) : std::nullopt;
        if (!size || *size > kMostFileBytes || !is_wanted(file.name, file.blob.second)) continue;
        repository.read_blob(*id, [&](std::string_view bytes) { add(out, file.name, file.blob.second, bytes); });
      }
      return out;
    }
  }
  return out;
}

std::vector<PublishedText> published_texts(const std::filesystem::path& folder) {
  std::vector<PublishedText> out;
  for (const ArchiveFile& file : read_disk_folder(folder).folder.files) {
    if (!is_wanted(file.name, file.blob.second)) continue;
    std::error_code ignored;
    if (std::filesystem::file_size(folder / file.name, ignored) > static_cast<uintmax_t>(kMostFileBytes)) continue;
    add(out, file.name, file.blob.second, read_text(folder / file.name, kMostFileBytes));
  }
  return out;
}

}  // namespace pgolf
