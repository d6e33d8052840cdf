#include "engine/evidence/state_flow.h"

#include "base/error.h"

namespace pgolf {

TargetRanges StateFlow::score(int rank, const std::string& name, const TargetRanges& targets, int64_t line) {
  Scope& scope = scopes_[name];
  Doing& doing = scope.by_rank[rank];
  doing.is_read = true;
  if (doing.scored.empty()) doing.first_score = line;
  TargetRanges out;
  for (const TargetRange& range : targets) {
    doing.scored.add(range);
    TargetSet seen;
    if (!doing.is_reset)
      for (const TargetRange& part : scope.settled.inside(range)) seen.add(part);
    for (const TargetRange& part : doing.brought_since_reset.inside(range)) seen.add(part);
    for (const TargetRange& part : seen.inside(range)) out.push_back(part), doing.leaked.add(part);
  }
  return out;
}

void StateFlow::update(int rank, const std::string& name, const TargetRanges& targets) {
  Doing& doing = scopes_[name].by_rank[rank];
  for (const TargetRange& range : targets) {
    doing.brought.add(range);
    if (!doing.brought_since_reset.contains(range)) doing.brought_since_reset.add(range), ++doing.version;
  }
}

void StateFlow::copy(int rank, const std::string& into, const std::string& from) {
  if (into == from) return;
  Scope& source = scopes_[from];
  Doing &theirs = source.by_rank[rank], &doing = scopes_[into].by_rank[rank];
  theirs.is_read = true;
  doing.sources.insert(from);
  const std::pair now(source.version, theirs.version);
  const auto [last, fresh] = doing.last_copied.try_emplace(from, now);
  if (!fresh && last->second == now) return;
  last->second = now;
  ++doing.version;
  for (TargetSet* set : {&doing.brought, &doing.brought_since_reset}) {
    if (!theirs.is_reset) set->add(source.settled);
    set->add(theirs.brought_since_reset);
  }
}

void StateFlow::reset(int rank, const std::string& name) {
  Doing& doing = scopes_[name].by_rank[rank];
  doing.is_reset = true;
  doing.brought_since_reset.clear();
  doing.last_copied.clear();
  ++doing.version;
}

std::vector<int> StateFlow::readers(const std::string& name) const {
  std::vector<int> out;
  const auto scope = scopes_.find(name);
  if (scope != scopes_.end())
    for (const auto& [rank, doing] : scope->second.by_rank)
      if (doing.is_read) out.push_back(rank);
  return out;
}

TargetSet StateFlow::of_others(const Scope& scope, int rank) const {
  TargetSet out;
  for (const auto& [other, doing] : scope.by_rank) {
    if (other != rank) out.add(doing.brought);
    out.add(doing.from_others);
  }
  return out;
}

// Copies take along what other ranks may have put into their source, until nothing more is moved.
void StateFlow::spread(size_t most) {
  size_t held = ranges();
  for (bool moved = true; moved;) {
    moved = false;
    for (auto& [name, scope] : scopes_)
      for (auto& [rank, doing] : scope.by_rank)
        for (const std::string& source : doing.sources) {
          const TargetSet more = of_others(scopes_.at(source), rank);
          const int64_t before = doing.from_others.size();
          held -= doing.from_others.intervals();
          if (!more.empty()) doing.from_others.add(more);
          held += doing.from_others.intervals();
          if (held > most)
            fail(ErrorKind::submission, "the ledger has more than {} separate ranges of targets to be kept apart",
                 most);
          moved |= doing.from_others.size() > before;
        }
  }
}

std::vector<ScoringRace> StateFlow::sync(size_t most) {
  spread(most);
  std::vector<ScoringRace> out;
  for (auto& [name, scope] : scopes_) {
    for (const auto& [rank, doing] : scope.by_rank) {
      if (doing.scored.empty()) continue;
      TargetSet both = of_others(scope, rank);
      both.keep(doing.scored);
      both.remove(doing.leaked);
      if (!both.empty()) out.push_back({doing.first_score, rank, name, both.ranges()});
    }
    bool changed = false;
    for (const auto& [rank, doing] : scope.by_rank)
      if (doing.is_reset) scope.settled.clear(), changed = true;
    for (const auto& [rank, doing] : scope.by_rank)
      for (const TargetSet* set : {&doing.brought_since_reset, &doing.from_others})
        if (!set->empty()) scope.settled.add(*set), changed = true;
    scope.version += changed;
    scope.by_rank.clear();
  }
  return out;
}

size_t StateFlow::ranges() const {
  size_t out = 0;
  for (const auto& [name, scope] : scopes_) {
    out += scope.settled.intervals();
    for (const auto& [rank, doing] : scope.by_rank)
      for (const TargetSet* set :
           {&doing.brought, &doing.brought_since_reset, &doing.scored, &doing.leaked, &doing.from_others})
        out += set->intervals();
  }
  return out;
}

}  // namespace pgolf
