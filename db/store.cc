#include "db/store.h"

#include <SQLiteCpp/Backup.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "db/connection.h"
#include "db/migrate.h"
#include "db/seal.h"
#include "db/stranger.h"
#include "migrations.h"

namespace pgolf {
namespace {

// Only the switch to WAL needs the file for itself, and SQLite does not wait for it: so we do.
void enable_wal(SQLite::Database& db) {
  if (db.execAndGet("PRAGMA journal_mode").getString() == "wal") return;
  for (int waited_ms = 0;; waited_ms += 50) {
    try {
      db.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (const SQLite::Exception& e) {
      if (e.getErrorCode() != SQLITE_BUSY || waited_ms >= kBusyTimeoutMs) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

void set_up(SQLite::Database& db) {
  db.exec("PRAGMA synchronous = FULL");  // a recorded run survives a power cut
  db.exec("PRAGMA foreign_keys = ON");
}

// A file name as part of an SQLite URI.
std::string uri_path(const std::filesystem::path& path) {
  std::string out;
  for (const char c : std::filesystem::absolute(path).string())
    out += c == '%' || c == '?' || c == '#' ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  return out;
}

SQLite::Database open_file(const std::filesystem::path& path, int flags) {
  std::error_code missing;
  for (const char* part : {"", "-journal", "-wal", "-shm"})  // SQLite opens these, too, and would wait at a pipe
    if (const auto file = path.string() + part;
        std::filesystem::exists(file, missing) && !std::filesystem::is_regular_file(file, missing))
      fail(ErrorKind::database, "{}: no regular file; name another directory with --home", file);
  SQLite::Database db(path.string(), flags, kBusyTimeoutMs);
  defend(db);
  return db;
}

// Where nothing may be written beside the file either, so that SQLite must not look for a write-ahead log.
SQLite::Database open_immutable(const std::filesystem::path& path) {
  SQLite::Database db("file:" + uri_path(path) + "?immutable=1", SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  defend(db);
  return db;
}

bool has_content(const std::filesystem::path& file) {
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  return !missing && size > 0;
}

// What SQLite says, on one line: it quotes whole tables.
std::string brief(const std::string& text) {
  constexpr size_t kLongest = 160;
  std::string out;
  for (const char c : text)
    if (static_cast<unsigned char>(c) > 32)
      out += c;
    else if (!out.empty() && out.back() != ' ')
      out += ' ';
  if (out.size() > kLongest) out.resize(kLongest), out += "...";
  return out;
}

}  // namespace

[[noreturn]] void fail_sqlite(const std::filesystem::path& path, const SQLite::Exception& e) {
  const std::string file = path.string();
  switch (e.getErrorCode()) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      fail(ErrorKind::database, "{}: locked by another program; wait for it or end it, then run again", file);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      fail(ErrorKind::database, "{}: may not be written; give this user write access, or name another --home", file);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      fail(ErrorKind::database, "{}: damaged ({}); restore a copy of it, or move it away to start anew", file,
           brief(e.what()));
    case SQLITE_FULL: fail(ErrorKind::machine, "{}: disk full; free some space and run again", file);
    case SQLITE_IOERR: fail(ErrorKind::machine, "{}: {}; is the disk full or failing?", file, brief(e.what()));
    case SQLITE_CANTOPEN:
      fail(ErrorKind::database, "{}: cannot be opened; check that the directory may be written", file);
    default: fail(ErrorKind::database, "{}: {}", file, brief(e.what()));
  }
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;
Store::Store(Store&&) noexcept = default;
Store& Store::operator=(Store&&) noexcept = default;

Store Store::open(const std::filesystem::path& path) {
  if (path.has_parent_path()) {
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error) fail(ErrorKind::machine, "{}: cannot be created: {}", path.parent_path().string(), error.message());
  }
  return guarded(path, [&] { return to_write(path, open_file(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)); });
}

std::optional<Store> Store::open_existing(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return guarded(path, [&]() -> std::optional<Store> {
    try {
      SQLite::Database db = open_file(path, SQLite::OPEN_READWRITE);
      if (is_blank(db)) return std::nullopt;
      if (!sqlite3_db_readonly(db.getHandle(), "main")) return to_write(path, std::move(db));
    } catch (const SQLite::Exception& e) {
      if (e.getErrorCode() != SQLITE_READONLY && e.getErrorCode() != SQLITE_CANTOPEN) throw;
    }
    return to_look(path, open_immutable(path), true);
  });
}

std::optional<Store> Store::look(const std::filesystem::path& path, IsWorkedOn is_worked_on) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  return guarded(path, [&]() -> std::optional<Store> {
    const bool has_log = has_content(path.string() + "-wal");
    try {
      SQLite::Database db = open_file(path, SQLite::OPEN_READWRITE);
      if (is_blank(db)) return std::nullopt;
      if (!sqlite3_db_readonly(db.getHandle(), "main")) {
        // The last one to close a file brings its log into it: that is left to who writes.
        if (has_log) sqlite3_db_config(db.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        db.exec("PRAGMA query_only = ON");
        return to_look(path, std::move(db), false, std::move(is_worked_on));
      }
    } catch (const SQLite::Exception& e) {
      const bool no_room = (e.getErrorCode() == SQLITE_FULL || e.getErrorCode() == SQLITE_IOERR) && !has_log;
      if (!no_room && e.getErrorCode() != SQLITE_READONLY && e.getErrorCode() != SQLITE_CANTOPEN) throw;
    }
    return to_look(path, open_immutable(path), true, std::move(is_worked_on));
  });
}

Store Store::to_write(const std::filesystem::path& path, SQLite::Database db) {
  migrate(db, path, kMigrations);
  check_names(db, path);
  enable_wal(db);
  set_up(db);
  return Store(std::unique_ptr<State>(new State{path, std::move(db)}));
}

// An older schema is migrated in a copy in memory.
Store Store::to_look(const std::filesystem::path& path, SQLite::Database db, bool read_only, IsWorkedOn is_worked_on) {
  if (db.execAndGet("PRAGMA user_version").getInt() < static_cast<int>(std::size(kMigrations))) {
    SQLite::Database copy(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    defend(copy);
    SQLite::Backup(copy, db).executeStep(-1);
    db = std::move(copy);
  }
  migrate(db, path, kMigrations);
  check_names(db, path);
  return Store(std::unique_ptr<State>(new State{path, std::move(db), read_only, std::move(is_worked_on)}));
}

bool Store::read_only() const { return state_->read_only; }

void Store::set_busy_timeout(int milliseconds) { state_->db.setBusyTimeout(milliseconds); }

void Store::check_integrity() const {
  guarded(state_->path, [&] {
    const SQLite::Transaction snapshot(state_->db);
    const std::string found = state_->db.execAndGet("PRAGMA integrity_check(1)").getString();
    if (found != "ok")
      fail(ErrorKind::database, "{}: damaged ({}); restore a copy of it", state_->path.string(), brief(found));
    SQLite::Statement keys(state_->db, "PRAGMA foreign_key_check");
    if (keys.executeStep())
      fail(ErrorKind::database, "{}: a row of table '{}' refers to nothing; restore a copy of it",
           state_->path.string(), keys.getColumn(0).getString());
    check_seals(state_->db, state_->path);
  });
}

ChainHead Store::head() const {
  return guarded(state_->path, [&] { return chain_head(state_->db); });
}

void Store::check_head(const ChainHead& kept) const {
  guarded(state_->path, [&] { check_kept_head(state_->db, state_->path, kept); });
}

void Store::transact(const std::function<void()>& body) {
  if (state_->in_transaction) return body();
  if (state_->read_only)
    fail(ErrorKind::database, "{}: may not be written; give this user write access, or name another --home",
         state_->path.string());
  guarded(state_->path, [&] {
    SQLite::Transaction transaction(state_->db, SQLite::TransactionBehavior::IMMEDIATE);
    state_->in_transaction = true;
    try {
      body();
      for (const std::string& run : state_->touched) put_seal(state_->db, run);
      state_->touched.clear();
      state_->in_transaction = false;
      transaction.commit();
    } catch (...) {
      state_->touched.clear();
      state_->in_transaction = false;
      throw;
    }
  });
}

void Store::touch(const std::string& run) {
  if (state_->touched.insert(run).second) check_seal(state_->db, state_->path, run);
}

}  // namespace pgolf
