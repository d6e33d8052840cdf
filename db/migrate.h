// Brings a database to the schema of this program. Included by the sources of this room and its tests.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <span>

namespace pgolf {

// PRAGMA application_id of our files: "pglf".
inline constexpr int kApplicationId = 0x70676c66;

// From this schema version on every run has a link in the chain of seals.
inline constexpr int kEveryRunSealed = 5;

// A file without content of anybody: new, or cut to nothing.
bool is_blank(SQLite::Database& db);

// user_version v means that migrations[0..v) are applied. Each is one transaction; before the first one on a file that
// holds something, the file is copied to PATH.v<N>.bak. Two programs may call this at once. Errors: database for a
// newer schema, a file of another program, and tables that are not those of the version.
void migrate(SQLite::Database& db, const std::filesystem::path& path, std::span<const char* const> migrations);

}  // namespace pgolf
