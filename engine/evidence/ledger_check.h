// The happens-before check: did any score depend on a target that it scores?
//
// A happens before B if one rank did A and then B, or if a SYNC lies between them. Over the headline pass it decides
//   order     every target that an UPDATE saw was covered by SCOREs that happened before it;
//   leak      no SCORE reads a scope that saw one of its targets, directly or through others; RESET clears a scope;
//   once      every target of the stream is scored exactly once.
// Scores of other passes are diagnostics: they license no update and may come at any time. How state moves between
// ranks: state_flow.h. Memory follows the number of disjoint target ranges, not of records or targets, up to 256 MiB.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "engine/evidence/ledger.h"

namespace pgolf {

// The first counterexample of its kind, in words.
struct LedgerFinding {
  int64_t line = 0;  // in the ledger; 0: the ledger as a whole
  TargetRange targets;
  std::string what;
};

struct LedgerCheck {
  LedgerHeader header;
  int64_t scores = 0, updates = 0, resets = 0, syncs = 0;  // records
  std::map<std::string, int64_t> pass_targets;             // target scores per pass
  int64_t updated = 0;                                     // target updates, counted with repetition

  int64_t scored = 0;    // distinct targets that the headline pass scored
  int64_t repeated = 0;  // its target scores beyond the first of a target
  int64_t missing = 0;   // targets it never scored
  std::optional<LedgerFinding> first_repeated, first_missing;

  // Target updates that no score happened before, counted with repetition; each falls into one of three.
  int64_t unscored = 0;    // nobody had scored the target, and the updated state was used
  int64_t concurrent = 0;  // another rank scored it since the last SYNC, so neither came first
  int64_t discarded = 0;   // the state was reset before any headline score read it (a warm-up)
  std::optional<LedgerFinding> first_unscored, first_concurrent, first_discarded;

  int64_t leaked = 0;  // headline scores whose state had seen the target
  std::optional<LedgerFinding> first_leaked;
};

// Feed records in file order, then call finish() once.
class LedgerChecker {
 public:
  explicit LedgerChecker(const LedgerHeader& header);
  ~LedgerChecker();
  void add(const LedgerRecord& record);
  LedgerCheck finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What an evaluation can have written at most: a ledger beyond is none of it.
struct LedgerBounds {
  int64_t world_size = 1 << 20;
  int64_t scopes = 1000, passes = 50;
  double records_per_target = 1;  // besides a few thousand
};

struct CheckedLedger {
  LedgerSummary summary;
  LedgerCheck check;
};
// Errors: as read_ledger; submission for a ledger beyond `bounds`, or one that takes too much memory.
CheckedLedger check_ledger(const std::filesystem::path& path, const LedgerBounds& bounds = {});

}  // namespace pgolf
