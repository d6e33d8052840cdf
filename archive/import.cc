#include "archive/import.h"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "archive/disk_folder.h"
#include "archive/owners.h"
#include "archive/pull_files.h"
#include "archive/read_blobs.h"
#include "base/error.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

// What a pull request will be on record.
struct Pull {
  ArchiveHead head;
  std::vector<ArchiveFolder> folders;
};

// What is in no folder of a submission is mostly another project: only logs and training scripts are looked at.
bool matters_alone(const std::string& path) {
  return path.ends_with(".log") || path.substr(path.rfind('/') + 1).starts_with("train_gpt");
}

std::vector<ArchiveFolder> grouped(const std::vector<TreeChange>& files, int64_t pull,
                                   const std::unordered_set<std::string>& on_main) {
  const std::vector<std::string> folders = folders_of(files);
  std::map<std::string, ArchiveFolder> out;
  for (size_t i = 0; i < files.size(); ++i) {
    const FileKind kind = file_kind_of(files[i].path);
    ArchiveFolder& folder =
        out.try_emplace(folders[i], ArchiveFolder{0, pull, pull, folders[i], std::nullopt, {}}).first->second;
    if (kind == FileKind::other || (folders[i].empty() && !matters_alone(files[i].path))) continue;
    const size_t below = folders[i].empty() ? 0 : folders[i].size() + 1;
    folder.files.push_back(
        {files[i].path.substr(below), {hex_of(files[i].blob), file_kind_name(kind)}, on_main.contains(files[i].path)});
  }
  std::vector<ArchiveFolder> list;
  for (auto& [path, folder] : out) list.push_back(std::move(folder));
  return list;
}

class GitImport {
 public:
  GitImport(ArchiveTables& tables, const fs::path& path) : tables_(tables), path_(path), repository_(path) {}

  Imported run(Store& store) {
    const auto main = repository_.main();
    const ArchiveSource now{0, "git", path_.string(), main ? hex_of(*main) : "", kArchiveReader, ""};
    for (const ArchiveSource& source : tables_.sources())
      if (source.location == now.location) before_ = source;
    out_.location = now.location, out_.kind = "git";
    const auto heads = repository_.pull_heads();
    if (heads.empty())
      fail(ErrorKind::not_found,
           "{}: no refs/pull/N/head; fetch them: git fetch origin '+refs/pull/*/head:refs/pull/*/head'",
           path_.string());
    find_changed(heads, now);
    out_.heads = std::ssize(heads), out_.changed = std::ssize(changed_), out_.removed = std::ssize(gone_);
    if (changed_.empty() && gone_.empty()) return out_;
    const MainHistory history(repository_, main);
    std::vector<Pull> pulls = read_pulls(heads, history, main);
    const std::vector<ArchiveBlob> blobs = read_all(pulls, now.reader != before_.reader);
    store.transact([&] { write(now, pulls, blobs, history, heads); });
    return out_;
  }

 private:
  // All of them where main has moved, since their bases may have; blobs that are known are not read again.
  void find_changed(const std::map<int64_t, ObjectId>& heads, const ArchiveSource& now) {
    std::map<int64_t, std::string> known;
    if (before_.id > 0)
      for (const ArchiveHead& head : tables_.heads(before_.id)) known.emplace(head.pull, head.head);
    const bool all = before_.main_commit != now.main_commit || before_.reader != now.reader;
    for (const auto& [pull, id] : heads)
      if (const auto old = known.find(pull); all || old == known.end() || old->second != hex_of(id))
        changed_.push_back(pull);
    for (const auto& [pull, head] : known)
      if (!heads.contains(pull)) gone_.push_back(pull);
  }

  std::vector<Pull> read_pulls(const std::map<int64_t, ObjectId>& heads, const MainHistory& history,
                               const std::optional<ObjectId>& main) {
    const auto main_tree = tree_of(main);
    std::unordered_set<std::string> on_main;
    if (main_tree)
      for (TreeChange& file : repository_.changes(std::nullopt, *main_tree)) on_main.insert(std::move(file.path));
    std::vector<Pull> out;
    for (const int64_t number : changed_) {
      const ObjectId& head = heads.at(number);
      const PullBase base = history.base_of(head);
      Pull pull{{number, hex_of(head), base.base ? hex_of(*base.base) : "", base.relation, base.commits}, {}};
      const auto from = base.relation == "unrelated" ? main_tree : tree_of(base.base);
      if (const auto tree = tree_of(head)) pull.folders = grouped(repository_.changes(from, *tree), number, on_main);
      out.push_back(std::move(pull));
    }
    return out;
  }

  std::optional<ObjectId> tree_of(const std::optional<ObjectId>& commit) const {
    const auto facts = commit ? repository_.commit(*commit) : std::nullopt;
    return facts ? std::optional(facts->tree) : std::nullopt;
  }

  std::vector<ArchiveBlob> read_all(const std::vector<Pull>& pulls, bool again) {
    std::set<BlobKey> wanted;
    for (const Pull& pull : pulls)
      for (const ArchiveFolder& folder : pull.folders)
        for (const ArchiveFile& file : folder.files) wanted.insert(file.blob);
    if (!again)
      for (const BlobKey& known : tables_.blobs()) wanted.erase(known);
    std::vector<ArchiveBlob> blobs = read_blobs(path_, {wanted.begin(), wanted.end()});
    for (const ArchiveBlob& blob : blobs)
      ++(blob.bytes ? out_.files_read : out_.absent), out_.bytes_read += blob.bytes.value_or(0);
    return blobs;
  }

  void write(const ArchiveSource& now, const std::vector<Pull>& pulls, const std::vector<ArchiveBlob>& blobs,
             const MainHistory& history, const std::map<int64_t, ObjectId>& heads) {
    const int64_t id = tables_.put_source(now);
    for (const ArchiveBlob& blob : blobs) tables_.put_blob(blob);
    for (const Pull& pull : pulls) tables_.put_head(id, pull.head, pull.folders);
    for (const int64_t pull : gone_) tables_.remove_head(id, pull);
    tables_.remove_unused_blobs();
    out_.folders = set_owners(tables_, id, repository_, history, heads);
  }

  ArchiveTables& tables_;
  fs::path path_;
  GitRepository repository_;
  ArchiveSource before_;
  std::vector<int64_t> changed_, gone_;
  Imported out_;
};

Imported add_folder(Store& store, ArchiveTables& tables, const fs::path& path) {
  Imported out{path.string(), "folder", 1, 1, 0, 1, 0, 0, 0};
  const DiskFolder disk = read_disk_folder(path);
  store.transact([&] {
    const int64_t id = tables.put_source({0, "folder", out.location, "", kArchiveReader, ""});
    for (const ArchiveBlob& blob : disk.blobs) {
      tables.put_blob(blob);
      ++out.files_read, out.bytes_read += blob.bytes.value_or(0);
    }
    tables.put_head(id, {0, disk.identity, "", "folder", 0}, {disk.folder});
    tables.remove_unused_blobs();
  });
  return out;
}

}  // namespace

Imported add_to_archive(Store& store, const fs::path& path) {
  std::error_code missing;
  if (!fs::is_directory(path, missing))
    fail(ErrorKind::not_found, "{}: no such directory; name a git repository or the folder of a submission",
         path.string());
  const fs::path whole = fs::canonical(path);
  ArchiveTables tables(store);
  const bool git = fs::exists(whole / ".git", missing) ||
                   (fs::exists(whole / "HEAD", missing) && fs::exists(whole / "objects", missing));
  return git ? GitImport(tables, whole).run(store) : add_folder(store, tables, whole);
}

}  // namespace pgolf
