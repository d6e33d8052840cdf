// An open database file, and the translation of SQLite's errors into ours. Included by the sources of this room only.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <filesystem>
#include <set>
#include <string>
#include <utility>

#include "db/store.h"

namespace pgolf {

inline constexpr int kBusyTimeoutMs = 10'000;

// Errors: database, or machine for a full disk; one line that names `path` and the remedy.
[[noreturn]] void fail_sqlite(const std::filesystem::path& path, const SQLite::Exception& e);

struct Store::State {
  std::filesystem::path path;
  SQLite::Database db;
  bool read_only = false;
  IsWorkedOn is_worked_on = nullptr;  // of a store that only looks
  bool in_transaction = false;
  std::set<std::string> touched = {};  // runs that the transaction writes to
};

// Runs `body` and translates what SQLite throws.
template <class Body>
auto guarded(const std::filesystem::path& path, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const SQLite::Exception& e) {
    fail_sqlite(path, e);
  }
}

// A statement with its parameters bound in order: values, or std::optional for NULL.
template <class T>
void bind_one(SQLite::Statement& statement, int index, const T& value) {
  statement.bind(index, value);
}
template <class T>
void bind_one(SQLite::Statement& statement, int index, const std::optional<T>& value) {
  if (value)
    statement.bind(index, *value);
  else
    statement.bind(index);
}
template <class... Values>
SQLite::Statement statement_of(SQLite::Database& db, const char* sql, const Values&... values) {
  SQLite::Statement statement(db, sql);
  int index = 0;
  (bind_one(statement, ++index, values), ...);
  return statement;
}

// NULL is nothing.
inline std::optional<double> maybe_real(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional(column.getDouble());
}

inline std::optional<int64_t> maybe_integer(const SQLite::Column& column) {
  return column.isNull() ? std::nullopt : std::optional(column.getInt64());
}

RunLabels read_labels(const SQLite::Column& tags, const SQLite::Column& note, const SQLite::Column& hidden);

// Identifiers of runs that a replay made here repeated, down to the artifact.
std::set<std::string> rerun_runs(SQLite::Database& db);

// "" is stored as NULL where a column means "not there".
inline std::optional<std::string> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace pgolf
