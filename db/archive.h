// The tables of what strangers published (db/migrations/0007_archive.sql), as plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "db/store.h"

namespace pgolf {

struct ArchiveSource {
  int64_t id = 0;
  std::string kind, location;  // git, folder
  std::string main_commit;     // "" for none
  int64_t reader = 0;
  std::string read_at;  // set when it is put
};

struct ArchiveHead {
  int64_t pull = 0;
  std::string head, base, relation;  // base "" for none
  int64_t commits = 0;
};

struct ArchiveValue {
  std::string key, label, text;
  int64_t line = 0;
};

struct ArchiveBlob {
  std::string oid, kind;
  std::optional<int64_t> bytes;  // nullopt: the repository does not hold it
  std::string lines;  // packed: measured lines of a log, code of a script (archive/read_file.h, script_code.h)
  std::vector<ArchiveValue> values;
};
using BlobKey = std::pair<std::string, std::string>;  // oid, kind

struct ArchiveFile {
  std::string name;
  BlobKey blob;
  bool on_main = false;
};

struct ArchiveFolder {
  int64_t id = 0, pull = 0, owner = 0;
  std::string path;
  std::optional<int64_t> added_at;  // seconds since 1970; nullopt: unknown
  std::vector<ArchiveFile> files;
};

// train_gpt.py of a folder, or another script of it.
struct ArchivedScript {
  int64_t pull = 0;
  std::string path;  // of the folder
  BlobKey blob;
  std::string code;  // packed
  std::optional<int64_t> added_at;
};

// Errors: as those of Store.
class ArchiveTables {
 public:
  explicit ArchiveTables(const Store& store) : store_(store) {}

  std::vector<ArchiveSource> sources() const;
  int64_t put_source(const ArchiveSource& source);  // by its location; returns its id
  std::vector<ArchiveHead> heads(int64_t source, std::optional<int64_t> pull = std::nullopt) const;
  std::set<BlobKey> blobs() const;
  // A head with its folders, in place of what was known of it. Blobs must be there already.
  void put_head(int64_t source, const ArchiveHead& head, const std::vector<ArchiveFolder>& folders);
  void remove_head(int64_t source, int64_t pull);
  void put_blob(const ArchiveBlob& blob);  // one that is there already is replaced
  void set_owner(int64_t folder, int64_t owner, std::optional<int64_t> added_at);
  void remove_unused_blobs();

  // Folders of a pull request, of all with nullopt, without their files.
  std::vector<ArchiveFolder> folders(int64_t source, std::optional<int64_t> pull) const;
  std::vector<ArchiveFile> files(int64_t folder) const;
  std::optional<ArchiveBlob> blob(const BlobKey& key) const;

  // One of each folder that its pull request owns: train_gpt.py, else the first by name.
  std::vector<ArchivedScript> owned_scripts() const;

  // Rows of a query of our own, as text; NULL is "".
  std::vector<std::vector<std::string>> rows(const char* query) const;

 private:
  SQLite::Database& db() const;
  template <class Body>
  auto run(Body&& body) const -> decltype(body());

  const Store& store_;
};

}  // namespace pgolf
