#include "db/stranger.h"

#include <sqlite3.h>

#include "base/error.h"
#include "base/json.h"
#include "base/message.h"
#include "db/rows.h"

namespace pgolf {
namespace {

constexpr char kTables[] = "SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_schema ORDER BY 1";

// SQLite's own is not marked as harmless, so that a schema that is not trusted could not call it.
void json_valid(sqlite3_context* context, int, sqlite3_value** argument) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(*argument));
  if (!text) return sqlite3_result_null(context);
  sqlite3_result_int(context, Json::accept(text, text + sqlite3_value_bytes(*argument)));
}

[[noreturn]] void fail_edited(const std::filesystem::path& path, const std::string& what) {
  fail(ErrorKind::database, "{}: {}; the file was edited: restore a copy of it", path.string(), as_message(what));
}

}  // namespace

void defend(SQLite::Database& db) {
  sqlite3* handle = db.getHandle();
  for (const auto& [option, on] :
       {std::pair(SQLITE_DBCONFIG_DEFENSIVE, 1), std::pair(SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
        std::pair(SQLITE_DBCONFIG_ENABLE_VIEW, 0), std::pair(SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0)}) {
    int now = -1;
    check(sqlite3_db_config(handle, option, on, &now) == SQLITE_OK && now == on, "SQLite refuses option {}", option);
  }
  constexpr int kHarmless = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  sqlite3_create_function(handle, "json_valid", 1, kHarmless, nullptr, json_valid, nullptr, nullptr);
  db.exec("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0");
}

void check_tables(SQLite::Database& db, const std::filesystem::path& path, std::span<const char* const> applied) {
  SQLite::Database ours(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  for (const char* migration : applied) ours.exec(migration);
  SQLite::Statement wanted(ours, kTables), found(db, kTables);
  for (;;) {
    const bool more = wanted.executeStep(), there = found.executeStep();
    if (!more && !there) return;
    const std::string ours_name = more ? wanted.getColumn(0).getString() : "";
    const std::string name = there ? found.getColumn(0).getString() : "";
    if (there && (!more || name < ours_name))
      fail_edited(path, fmt::format("it has a {:.80}, which no pgolf makes", name));
    if (!there || ours_name < name) fail_edited(path, fmt::format("it has no {}", ours_name));
    if (wanted.getColumn(1).getString() != found.getColumn(1).getString())
      fail_edited(path, fmt::format("its {} is not the one that pgolf makes", name));
  }
}

void check_names(SQLite::Database& db, const std::filesystem::path& path) {
  SQLite::Statement run(db, "SELECT id, directory FROM runs");
  while (run.executeStep()) {
    const std::string id = run.getColumn(0).getString();
    if (!is_run_name(id)) fail_edited(path, fmt::format("'{:.80}' is no identifier of a run", id));
    if (run.getColumn(1).getString() != id)
      fail_edited(path, fmt::format("run {} names another directory than its own", id));
  }
  SQLite::Statement phase(db, "SELECT DISTINCT name FROM phases");
  while (phase.executeStep())
    if (const std::string name = phase.getColumn(0).getString(); !is_phase_name(name))
      fail_edited(path, fmt::format("'{:.80}' is no phase of a run", name));
}

}  // namespace pgolf
