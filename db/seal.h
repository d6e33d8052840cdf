// Seals tell rows that the program wrote from rows that were edited since. Whoever can write the file can also forge a
// seal; what the rows say is therefore held against the run's own files too (harness/judge/record_check.h). Included by
// the sources of this room only.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <filesystem>
#include <string>

namespace pgolf {

// How a run differs from its latest seal, in words; "" if it does not. A run that has ended is as it was sealed, one
// that is worked on has no seal or was released. Runs that ended before schema 4 have none.
std::string seal_problem(SQLite::Database& db, const std::string& run);

// Errors: database, naming the problem.
void check_seal(SQLite::Database& db, const std::filesystem::path& path, const std::string& run);

// Seals a run as it is now if it has ended, and releases it if it was sealed and is worked on again.
void put_seal(SQLite::Database& db, const std::string& run);

// Every run, and the chain of the seals. Errors: database.
void check_seals(SQLite::Database& db, const std::filesystem::path& path);

}  // namespace pgolf
