// Seals tell rows that the program wrote from rows that were edited since. Whoever can write the file can also forge a
// seal; what the rows say is therefore held against the run's own files too (harness/judging/record_check.h). Only
// sources of this room include it.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

#include "db/rows.h"

namespace pgolf {

// How a run differs from its latest seal, in words; "" if it does not. A run that has ended is as it was sealed, one
// that is worked on was released; each has a link from the moment it is made.
std::string seal_problem(SQLite::Database& db, const std::string& run);

// Errors: database, naming the problem.
void check_seal(SQLite::Database& db, const std::filesystem::path& path, const std::string& run);

// Seals a run as it is now if it has ended, and releases it if it is worked on, for the first time or again.
void put_seal(SQLite::Database& db, const std::string& run);

// Runs that were made before every run had a link get one, of what they are now.
void seal_older_runs(SQLite::Database& db);

ChainHead chain_head(SQLite::Database& db);
// Errors: database if the chain does not hold the head that somebody kept.
void check_kept_head(SQLite::Database& db, const std::filesystem::path& path, const ChainHead& kept);

// Every run, and the chain of the seals. Errors: database.
void check_seals(SQLite::Database& db, const std::filesystem::path& path);

}  // namespace pgolf
