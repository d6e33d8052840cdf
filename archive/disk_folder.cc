#include "archive/disk_folder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <span>

#include "archive/publication.h"
#include "archive/read_file.h"
#include "base/error.h"
#include "base/file.h"
#include "base/sha256.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
constexpr int kDeepest = 8;
constexpr size_t kMostFiles = 5000;

std::vector<fs::path> files_below(const fs::path& root) {
  std::vector<fs::path> out;
  std::error_code problem;
  auto at = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, problem);
  for (; !problem && at != fs::recursive_directory_iterator(); at.increment(problem)) {
    if (at->is_symlink()) continue;
    if (at->is_directory() && at.depth() >= kDeepest) at.disable_recursion_pending();
    if (!at->is_regular_file() || file_kind_of(at->path().string()) == FileKind::other) continue;
    out.push_back(at->path());
    if (out.size() > kMostFiles)
      fail(ErrorKind::limit, "{}: more than {} files; name the folder of one submission", root.string(), kMostFiles);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Each submission has a card; logs of two would be taken for one run's.
void check_one_submission(const std::vector<fs::path>& files, const fs::path& root) {
  std::vector<std::string> cards;
  for (const fs::path& file : files)
    if (file.filename() == "submission.json")
      cards.push_back(shown_name(file.parent_path().lexically_relative(root).string()));
  if (cards.size() > 1)
    fail(ErrorKind::usage, "{}: {} submissions are in it, in {}{}; name one of them", root.string(), cards.size(),
         fmt::join(std::span(cards).first(std::min<size_t>(cards.size(), 3)), ", "), cards.size() > 3 ? ", ..." : "");
}

}  // namespace

DiskFolder read_disk_folder(const fs::path& path) {
  DiskFolder out;
  Sha256 identity;
  const std::vector<fs::path> files = files_below(path);
  check_one_submission(files, path);
  for (const fs::path& file : files) {
    const std::string name = file.lexically_relative(path).string();
    const FileKind kind = file_kind_of(name);
    const auto size = static_cast<int64_t>(fs::file_size(file));
    const bool readable = size <= kMostFileBytes;
    const std::string bytes = readable ? read_text(file) : fmt::format("{} of {} bytes", name, size);
    const std::string oid = hex_of(blob_id(bytes));  // of one that is too large, of its name and size
    out.blobs.push_back(readable ? read_file(oid, kind, bytes) : ArchiveBlob{oid, file_kind_name(kind), size, "", {}});
    out.folder.files.push_back({name, {oid, file_kind_name(kind)}, false});
    identity.update(name + '\0' + oid + '\0');
  }
  if (out.blobs.empty())
    fail(ErrorKind::not_found,
         "{}: no log, script or submission.json; name the folder of a submission, or a git repository", path.string());
  out.identity = identity.hex();
  return out;
}

}  // namespace pgolf
