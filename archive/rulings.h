// What was ruled (rules/rulings.toml, format `pgolf.rulings/1`), and where the same code stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "archive/published_folders.h"

namespace pgolf {

inline constexpr char kRulingsFile[] = "rulings.toml";

struct Ruling {
  std::string id, title, verdict, kind, scope, source;
  std::string date;  // "" where the thread gives none
  std::string look;  // of hints: what a line must be hinted at for; "" where it does not show in code
  std::vector<int64_t> pulls;
  std::vector<int64_t> closed = {};  // what it closed, as far as threads name it; a measure, and nothing rests on it
};

bool is_against(const Ruling& ruling);  // rather than for it, or neither

// Errors: usage with `file`, line and key.
std::vector<Ruling> parse_rulings(std::string_view text, const std::string& file);

// That a ruling holds for a publication: it is named by it, or a function in which the ruling's matter is hinted at is
// that of a publication which it names.
struct RulingFinding {
  const Ruling* ruling = nullptr;
  int64_t same_code_as = 0;            // 0: named itself
  std::string function, theirs, file;  // its own name and that of the other; its place "train_gpt.py:75"
  double shared = 0;                   // of the code
  std::string text() const;            // one line
};

// Of each ruling the pull requests whose code is that of one which it names, without those themselves.
struct RulingReach {
  const Ruling* ruling = nullptr;
  std::vector<int64_t> pulls;
};
std::vector<RulingReach> reach_of(const ArchiveTables& tables, const std::vector<Ruling>& rulings);

// Functions of ruled publications, gathered once.
class RuledCode {
 public:
  RuledCode(const ArchiveTables& tables, const std::vector<Ruling>& rulings);
  std::vector<RulingFinding> find(const PublishedFolder& folder) const;

 private:
  struct Exemplar {
    const Ruling* ruling;
    int64_t pull;
    ScriptFunction function;
  };
  const std::vector<Ruling>& rulings_;
  std::vector<Exemplar> exemplars_;
};

}  // namespace pgolf
