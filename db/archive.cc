#include "db/archive.h"

#include "base/error.h"
#include "base/utc.h"
#include "db/connection.h"

namespace pgolf {
namespace {

// Paths are bytes.
void bind_bytes(SQLite::Statement& statement, int index, const std::string& bytes) {
  statement.bind(index, bytes.data(), static_cast<int>(bytes.size()));
}

std::string bytes_of(const SQLite::Column& column) {
  const auto* data = static_cast<const char*>(column.getBlob());
  return data ? std::string(data, static_cast<size_t>(column.getBytes())) : std::string();
}

int64_t blob_id_of(SQLite::Statement& find, const BlobKey& key) {
  find.reset();
  find.bind(1, key.first);
  find.bind(2, key.second);
  check(find.executeStep(), "archive: blob {} is not on record", key.first);
  return find.getColumn(0).getInt64();
}

constexpr char kFindBlob[] = "SELECT id FROM archive_blobs WHERE oid = ? AND kind = ?";

}  // namespace

SQLite::Database& ArchiveTables::db() const { return store_.state_->db; }

template <class Body>
auto ArchiveTables::run(Body&& body) const -> decltype(body()) {
  return guarded(store_.state_->path, std::forward<Body>(body));
}

std::vector<ArchiveSource> ArchiveTables::sources() const {
  return run([&] {
    std::vector<ArchiveSource> out;
    SQLite::Statement row(db(),
                          "SELECT id, kind, location, coalesce(main_commit, ''), reader, read_at FROM archive_sources "
                          "ORDER BY id");
    while (row.executeStep())
      out.push_back({row.getColumn(0).getInt64(), row.getColumn(1).getString(), row.getColumn(2).getString(),
                     row.getColumn(3).getString(), row.getColumn(4).getInt64(), row.getColumn(5).getString()});
    return out;
  });
}

int64_t ArchiveTables::put_source(const ArchiveSource& source) {
  return run([&] {
    statement_of(db(),
                 "INSERT INTO archive_sources (kind, location, main_commit, reader, read_at) VALUES (?, ?, ?, ?, ?) ON "
                 "CONFLICT (location) DO UPDATE SET main_commit = excluded.main_commit, reader = excluded.reader, "
                 "read_at = excluded.read_at",
                 source.kind, source.location, or_null(source.main_commit), source.reader, utc_now())
        .exec();
    auto row = statement_of(db(), "SELECT id FROM archive_sources WHERE location = ?", source.location);
    row.executeStep();
    return row.getColumn(0).getInt64();
  });
}

std::vector<ArchiveHead> ArchiveTables::heads(int64_t source, std::optional<int64_t> pull) const {
  return run([&] {
    std::vector<ArchiveHead> out;
    auto row = statement_of(
        db(),
        "SELECT pull, head, coalesce(base, ''), relation, commits FROM archive_heads WHERE source = ?1 AND "
        "(?2 IS NULL OR pull = ?2) ORDER BY pull",
        source, pull);
    while (row.executeStep())
      out.push_back({row.getColumn(0).getInt64(), row.getColumn(1).getString(), row.getColumn(2).getString(),
                     row.getColumn(3).getString(), row.getColumn(4).getInt64()});
    return out;
  });
}

std::set<BlobKey> ArchiveTables::blobs() const {
  return run([&] {
    std::set<BlobKey> out;
    SQLite::Statement row(db(), "SELECT oid, kind FROM archive_blobs WHERE bytes IS NOT NULL");
    while (row.executeStep()) out.emplace(row.getColumn(0).getString(), row.getColumn(1).getString());
    return out;
  });
}

void ArchiveTables::put_head(int64_t source, const ArchiveHead& head, const std::vector<ArchiveFolder>& folders) {
  run([&] {
    remove_head(source, head.pull);
    statement_of(db(),
                 "INSERT INTO archive_heads (source, pull, head, base, relation, commits) VALUES (?, ?, ?, ?, ?, ?)",
                 source, head.pull, head.head, or_null(head.base), head.relation, head.commits)
        .exec();
    SQLite::Statement find(db(), kFindBlob);
    SQLite::Statement put(db(), "INSERT INTO archive_files (folder, name, blob, on_main) VALUES (?, ?, ?, ?)");
    for (const ArchiveFolder& folder : folders) {
      SQLite::Statement add(db(), "INSERT INTO archive_folders (source, pull, path, owner) VALUES (?, ?, ?, ?)");
      add.bind(1, source);
      add.bind(2, head.pull);
      bind_bytes(add, 3, folder.path);
      add.bind(4, head.pull);
      add.exec();
      const int64_t id = db().getLastInsertRowid();
      for (const ArchiveFile& file : folder.files) {
        put.reset();
        put.bind(1, id);
        bind_bytes(put, 2, file.name);
        put.bind(3, blob_id_of(find, file.blob));
        put.bind(4, file.on_main ? 1 : 0);
        put.exec();
      }
    }
  });
}

void ArchiveTables::remove_head(int64_t source, int64_t pull) {
  run([&] { statement_of(db(), "DELETE FROM archive_heads WHERE source = ? AND pull = ?", source, pull).exec(); });
}

void ArchiveTables::put_blob(const ArchiveBlob& blob) {
  run([&] {
    SQLite::Statement add(
        db(),
        "INSERT INTO archive_blobs (oid, kind, bytes, lines) VALUES (?, ?, ?, ?) ON CONFLICT (oid, kind) "
        "DO UPDATE SET bytes = excluded.bytes, lines = excluded.lines");
    add.bind(1, blob.oid);
    add.bind(2, blob.kind);
    bind_one(add, 3, blob.bytes);
    bind_bytes(add, 4, blob.lines);
    add.exec();
    SQLite::Statement find(db(), kFindBlob);
    const int64_t id = blob_id_of(find, {blob.oid, blob.kind});
    statement_of(db(), "DELETE FROM archive_values WHERE blob = ?", id).exec();
    SQLite::Statement put(db(),
                          "INSERT INTO archive_values (blob, seq, line, key, label, text) VALUES (?, ?, ?, ?, ?, ?)");
    int64_t seq = 0;
    for (const ArchiveValue& value : blob.values) {
      put.reset();
      int index = 0;
      put.bind(++index, id);
      put.bind(++index, ++seq);
      put.bind(++index, value.line);
      for (const std::string* text : {&value.key, &value.label, &value.text}) put.bindNoCopy(++index, *text);
      put.exec();
    }
  });
}

void ArchiveTables::set_owner(int64_t folder, int64_t owner, std::optional<int64_t> added_at) {
  run([&] {
    statement_of(db(), "UPDATE archive_folders SET owner = ?, added_at = ? WHERE id = ?", owner, added_at, folder)
        .exec();
  });
}

void ArchiveTables::remove_unused_blobs() {
  run([&] { db().exec("DELETE FROM archive_blobs WHERE id NOT IN (SELECT blob FROM archive_files)"); });
}

std::vector<ArchiveFolder> ArchiveTables::folders(int64_t source, std::optional<int64_t> pull) const {
  return run([&] {
    std::vector<ArchiveFolder> out;
    auto row = statement_of(
        db(),
        "SELECT id, pull, owner, path, added_at FROM archive_folders WHERE source = ?1 AND (?2 IS NULL OR pull = "
        "?2) ORDER BY pull, path",
        source, pull);
    while (row.executeStep())
      out.push_back({row.getColumn(0).getInt64(),
                     row.getColumn(1).getInt64(),
                     row.getColumn(2).getInt64(),
                     bytes_of(row.getColumn(3)),
                     maybe_integer(row.getColumn(4)),
                     {}});
    return out;
  });
}

std::vector<ArchiveFile> ArchiveTables::files(int64_t folder) const {
  return run([&] {
    std::vector<ArchiveFile> out;
    auto row =
        statement_of(db(),
                     "SELECT f.name, b.oid, b.kind, f.on_main FROM archive_files f JOIN archive_blobs b ON b.id = "
                     "f.blob WHERE f.folder = ? ORDER BY f.name",
                     folder);
    while (row.executeStep())
      out.push_back({bytes_of(row.getColumn(0)),
                     {row.getColumn(1).getString(), row.getColumn(2).getString()},
                     row.getColumn(3).getInt() != 0});
    return out;
  });
}

std::optional<ArchiveBlob> ArchiveTables::blob(const BlobKey& key) const {
  return run([&]() -> std::optional<ArchiveBlob> {
    auto row = statement_of(db(), "SELECT id, bytes, lines FROM archive_blobs WHERE oid = ? AND kind = ?", key.first,
                            key.second);
    if (!row.executeStep()) return std::nullopt;
    ArchiveBlob out{key.first, key.second, maybe_integer(row.getColumn(1)), bytes_of(row.getColumn(2)), {}};
    auto value = statement_of(db(), "SELECT key, label, text, line FROM archive_values WHERE blob = ? ORDER BY seq",
                              row.getColumn(0).getInt64());
    while (value.executeStep())
      out.values.push_back({value.getColumn(0).getString(), value.getColumn(1).getString(),
                            value.getColumn(2).getString(), value.getColumn(3).getInt64()});
    return out;
  });
}

std::vector<ArchivedScript> ArchiveTables::owned_scripts() const {
  return run([&] {
    std::vector<ArchivedScript> out;
    SQLite::Statement row(
        db(),
        "SELECT d.pull, d.path, b.oid, b.kind, b.lines, d.added_at, min(CAST(f.name AS TEXT) <> 'train_gpt.py' || "
        "f.name) "
        "FROM archive_folders d JOIN archive_files f ON f.folder = d.id JOIN archive_blobs b ON b.id = f.blob "
        "WHERE d.owner = d.pull AND b.kind = 'script' AND d.path <> x'' AND instr(f.name, '/') = 0 "
        "GROUP BY d.id ORDER BY d.pull, d.path");
    while (row.executeStep())
      out.push_back({row.getColumn(0).getInt64(),
                     bytes_of(row.getColumn(1)),
                     {row.getColumn(2).getString(), row.getColumn(3).getString()},
                     bytes_of(row.getColumn(4)),
                     maybe_integer(row.getColumn(5))});
    return out;
  });
}

std::vector<std::vector<std::string>> ArchiveTables::rows(const char* query) const {
  return run([&] {
    std::vector<std::vector<std::string>> out;
    SQLite::Statement row(db(), query);
    while (row.executeStep()) {
      auto& cells = out.emplace_back();
      for (int i = 0; i < row.getColumnCount(); ++i) cells.push_back(row.getColumn(i).getString());
    }
    return out;
  });
}

}  // namespace pgolf
