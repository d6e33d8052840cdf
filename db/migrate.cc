#include "db/migrate.h"

#include <SQLiteCpp/Backup.h>
#include <sqlite3.h>

#include "base/error.h"
#include "db/seal.h"
#include "db/stranger.h"

namespace pgolf {
namespace {

int pragma(SQLite::Database& db, const char* name) { return db.execAndGet(std::string("PRAGMA ") + name).getInt(); }

int size_of(std::span<const char* const> migrations) { return static_cast<int>(migrations.size()); }

// Its schema version, of a file that is what it says.
int version_of(SQLite::Database& db, const std::filesystem::path& path, std::span<const char* const> migrations) {
  const SQLite::Transaction snapshot(db);  // another program may be migrating between two reads
  const int version = pragma(db, "user_version"), newest = size_of(migrations);
  if (pragma(db, "application_id") != kApplicationId && !is_blank(db))
    fail(ErrorKind::database, "{}: an SQLite database of another program; name another directory with --home",
         path.string());
  if (version < 0 || version > newest)
    fail(ErrorKind::database,
         "{}: schema version {} is newer than this pgolf, which knows {}; use the pgolf that wrote it", path.string(),
         version, newest);
  check_tables(db, path, migrations.first(static_cast<size_t>(version)));
  return version;
}

// The migration holds its write lock meanwhile, so that the copy has the schema that its name says. SQLite cannot copy
// from a connection that writes; this opens another one.
void back_up(const std::filesystem::path& path, int version) {
  auto target = path, temporary = path;
  target += fmt::format(".v{}.bak", version);
  temporary += ".bak.tmp";
  std::filesystem::remove(temporary);
  {
    SQLite::Database source(path.string(), SQLite::OPEN_READONLY),
        copy(temporary.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    SQLite::Backup(copy, source).executeStep(-1);
  }
  std::filesystem::rename(temporary, target);
}

// Applies the next migration unless another program was faster. Returns whether more may follow.
bool step(SQLite::Database& db, const std::filesystem::path& path, std::span<const char* const> migrations,
          bool& backed_up) {
  SQLite::Transaction transaction(db, SQLite::TransactionBehavior::IMMEDIATE);
  const int version = pragma(db, "user_version");
  if (version >= size_of(migrations)) return false;
  if (version > 0 && !backed_up) back_up(path, version);
  backed_up = true;
  db.exec(migrations[static_cast<size_t>(version)]);
  if (version + 1 == kEveryRunSealed) seal_older_runs(db);
  db.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  db.exec(fmt::format("PRAGMA user_version = {}", version + 1));
  transaction.commit();
  return true;
}

}  // namespace

bool is_blank(SQLite::Database& db) {
  return pragma(db, "application_id") == 0 && pragma(db, "user_version") == 0 &&
         db.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
}

void migrate(SQLite::Database& db, const std::filesystem::path& path, std::span<const char* const> migrations) {
  if (version_of(db, path, migrations) == size_of(migrations)) return;
  const char* file = sqlite3_db_filename(db.getHandle(), "main");
  bool backed_up = !file || *file == '\0';  // by us: once, before the first step; a copy in memory needs none
  while (step(db, path, migrations, backed_up)) {
  }
}

}  // namespace pgolf
