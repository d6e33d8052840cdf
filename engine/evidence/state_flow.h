// What each scope may have seen of the stream, where ranks work at once. What one rank does is ordered; what two ranks
// do between two SYNCs may have happened in any order, so that
//   a rank sees for certain what was there at the SYNC and what it did itself since;
//   it may see whatever another rank brings into a scope meanwhile, directly or from another scope;
//   a RESET clears what was there at the SYNC and what its own rank did before, not what another rank does meanwhile,
//   and it protects no other rank until the SYNC.
// State that goes from rank to rank and back without a SYNC counts in any order too, which no honest evaluation does.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/evidence/target_set.h"

namespace pgolf {

// Targets that a rank scored with a scope while another rank fitted the scope to them.
struct ScoringRace {
  int64_t line = 0;  // of the first such score
  int rank = 0;
  std::string scope;
  TargetRanges targets;
};

class StateFlow {
 public:
  // A score reads the scope. Returns the targets that the scope has seen for certain.
  TargetRanges score(int rank, const std::string& scope, const TargetRanges& targets, int64_t line);
  void update(int rank, const std::string& scope, const TargetRanges& targets);
  void copy(int rank, const std::string& into, const std::string& from);
  void reset(int rank, const std::string& scope);
  // Ranks that have read or copied the scope since the last SYNC.
  std::vector<int> readers(const std::string& scope) const;
  // All ranks meet. Returns what only other orders of the events since the last SYNC make a leak.
  std::vector<ScoringRace> sync(size_t most_ranges);

  size_t scopes() const { return scopes_.size(); }
  size_t ranges() const;  // that are held

 private:
  // What one rank did with a scope since the last SYNC.
  struct Doing {
    TargetSet brought, brought_since_reset;
    TargetSet from_others;                                           // what another rank may have put into it meanwhile
    TargetSet scored, leaked;                                        // with it; and of these, for certain
    std::set<std::string> sources;                                   // scopes that it was copied from
    std::map<std::string, std::pair<int64_t, int64_t>> last_copied;  // versions of a source that are in it already
    int64_t version = 0, first_score = 0;
    bool is_reset = false, is_read = false;
  };
  struct Scope {
    TargetSet settled;  // at the last SYNC
    int64_t version = 0;
    std::map<int, Doing> by_rank;
  };

  void spread(size_t most_ranges);
  TargetSet of_others(const Scope& scope, int rank) const;

  std::map<std::string, Scope> scopes_;
};

}  // namespace pgolf
