// A database file is a stranger's until it was looked at: https://sqlite.org/security.html. Included by the sources of
// this room and its tests.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <span>

namespace pgolf {

// Before the first statement: no trigger or view of the file runs, its schema calls no function with side effects,
// pages are checked as they are read.
void defend(SQLite::Database& db);

// Whether tables, indexes and their constraints are those that `applied` makes, and nothing more is there. Errors:
// database, naming the first that differs.
void check_tables(SQLite::Database& db, const std::filesystem::path& path, std::span<const char* const> applied);

// Rows whose text becomes a part of paths: identifiers of runs and names of phases. Errors: database.
void check_names(SQLite::Database& db, const std::filesystem::path& path);

}  // namespace pgolf
