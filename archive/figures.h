// Figures over everything that was added: what the archive is, counted from the record by rules that docs/archive.md
// states.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "db/archive.h"
#include "judge/ruleset.h"

namespace pgolf {

// Of the last pair of each log that lies directly in a folder of the 10-minute track, is a pull request's own and not
// on main: the bytes that it implies.
struct ByteOracle {
  int64_t logs = 0, within = 0, pulls = 0;  // within: 151.05 to 151.10 MB
  std::map<int64_t, int64_t> outside;       // pull request -> the bytes that its last such log implies
};

// Of train_gpt.py in folders of records/.
struct Wrapped {
  struct Count {
    int64_t scripts = 0, folders = 0, pulls = 0;  // distinct scripts
  };
  Count all, direct;                   // direct: exec is given the literal
  std::map<std::string, int64_t> how;  // "LZMA in base85" -> folders
};

// A known error of counting, and the pull requests with a log in records/ whose last pair has it.
struct Signature {
  std::string name;
  int64_t bytes = 0;
  std::vector<int64_t> pulls;
  int64_t logs = 0;
};

struct ArchiveFigures {
  int64_t pulls = 0, folders = 0, pulls_with_several = 0;  // folders of records/, of pull requests of their own
  std::map<std::string, int64_t> relations;                // of heads to main
  int64_t logs = 0, distinct_logs = 0;                     // of folders of records/
  std::map<std::string, int64_t> logs_with;                // by what they print
  ByteOracle oracle;
  Wrapped wrapped;
  std::vector<Signature> signatures;
};

ArchiveFigures archive_figures(const ArchiveTables& tables, const Ruleset& ruleset);
Json figures_to_json(const ArchiveFigures& figures);
std::string figures_text(const ArchiveFigures& figures);

}  // namespace pgolf
