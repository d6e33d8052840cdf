// The ledger check against its definition, on random orders.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/engine/evidence/ledger_story.h"

namespace pgolf {
namespace {

// The definition, event by event and target by target, against the interval sets. `a` happens before `b` if a rank did
// one and then the other, or if a SYNC is between.
class Definition {
 public:
  explicit Definition(const Story& story) : records_(story.records()), headline_(story.header().headline) {
    for (int e = 0; const auto& record : records_) epoch_.push_back(record.op == LedgerOp::sync ? e++ : e);
    std::set<int64_t> scored;
    for (size_t j = 0; j < records_.size(); ++j)
      for (const auto& range : records_[j].targets)
        for (int64_t t = range.begin; t < range.end; ++t) {
          if (is_headline(j)) repeated += !scored.insert(t).second;
          if (records_[j].op == LedgerOp::update) add_update(j, t);
        }
    missing = story.header().targets - static_cast<int64_t>(scored.size());
  }
  int64_t unscored = 0, concurrent = 0, discarded = 0, repeated = 0, missing = 0;

 private:
  bool is_headline(size_t k) const { return records_[k].op == LedgerOp::score && records_[k].name == headline_; }
  bool scores(size_t k, int64_t t) const {
    return is_headline(k) && std::any_of(records_[k].targets.begin(), records_[k].targets.end(),
                                         [&](auto& x) { return x.begin <= t && t < x.end; });
  }
  bool before(size_t a, size_t b) const {
    return epoch_[a] < epoch_[b] || (a < b && epoch_[a] == epoch_[b] && records_[a].rank == records_[b].rank);
  }
  bool uses(size_t k, const std::string& scope) const {
    const auto& r = records_[k];
    return (is_headline(k) || (r.op == LedgerOp::update && r.name != scope)) &&
           std::find(r.reads.begin(), r.reads.end(), scope) != r.reads.end();
  }
  bool may_be_used(size_t update) const {
    const std::string& scope = records_[update].name;
    for (size_t k = 0; k < records_.size(); ++k) {
      if (!uses(k, scope) || before(k, update)) continue;
      bool undone = false;
      for (size_t m = 0; m < records_.size(); ++m)
        undone |= records_[m].op == LedgerOp::reset && records_[m].name == scope && before(update, m) && before(m, k);
      if (!undone) return true;
    }
    return false;
  }
  void add_update(size_t j, int64_t t) {
    bool meanwhile = false;
    for (size_t i = 0; i < records_.size(); ++i) {
      if (!scores(i, t)) continue;
      if (before(i, j)) return;
      meanwhile |= records_[i].rank != records_[j].rank && epoch_[i] == epoch_[j];
    }
    ++(!may_be_used(j) ? discarded : meanwhile ? concurrent : unscored);
  }

  const std::vector<LedgerRecord>& records_;
  std::string headline_;
  std::vector<int> epoch_;
};

// Scores that read a state which had seen their target, in some order of the events: every one is played.
class EveryOrder {
 public:
  explicit EveryOrder(const Story& story) : headline_(story.header().headline) {
    std::set<Seen> states{Seen{}};
    std::map<int, std::vector<LedgerRecord>> by_rank;
    const auto meet = [&] {
      std::set<Seen> met;
      for (const Seen& state : states) play(by_rank, {}, state, met);
      states = std::move(met), by_rank.clear(), played_.clear();
    };
    for (const auto& record : story.records())
      if (record.op == LedgerOp::sync)
        meet();
      else
        by_rank[record.rank].push_back(record);
    meet();
  }
  bool leaks = false;

 private:
  using Seen = std::map<std::string, std::set<int64_t>>;
  using Position = std::map<int, size_t>;

  void play(const std::map<int, std::vector<LedgerRecord>>& by_rank, const Position& at, const Seen& seen,
            std::set<Seen>& met) {
    if (leaks || !played_.emplace(at, seen).second) return;
    bool over = true;
    for (const auto& [rank, records] : by_rank) {
      const auto position = at.find(rank);
      const size_t next = position == at.end() ? 0 : position->second;
      if (next == records.size()) continue;
      over = false;
      Position after = at;
      after[rank] = next + 1;
      play(by_rank, after, apply(records[next], seen), met);
    }
    if (over) met.insert(seen);
  }
  Seen apply(const LedgerRecord& record, Seen seen) {
    if (record.op == LedgerOp::reset) seen[record.name].clear();
    for (const auto& range : record.targets)
      for (int64_t t = range.begin; t < range.end; ++t) {
        if (record.op == LedgerOp::update) seen[record.name].insert(t);
        if (record.op == LedgerOp::score && record.name == headline_)
          for (const auto& scope : record.reads) leaks |= seen[scope].contains(t);
      }
    if (record.op == LedgerOp::update)
      for (const auto& scope : record.reads) seen[record.name].insert(seen[scope].begin(), seen[scope].end());
    return seen;
  }

  std::string headline_;
  std::set<std::pair<Position, Seen>> played_;
};

Story random_story(unsigned seed, int most_ranks, int most_records) {
  std::mt19937 random(seed);
  const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  const int ranks = 1 + upto(most_ranks);
  Story story("p", 12, ranks);
  const std::vector<std::string> scopes{"a", "b", "c"};
  for (int i = 0, n = 2 + upto(most_records); i < n; ++i) {
    const int rank = upto(ranks), begin = upto(12), kind = upto(10);
    const TargetRange range{begin, begin + 1 + upto(12 - begin)};
    Scopes reads;
    for (const auto& scope : scopes)
      if (upto(3) == 0) reads.push_back(scope);
    if (kind < 4)
      story.score_pass(upto(5) ? "p" : "other", {range}, reads, rank);
    else if (kind < 7)
      story.update(scopes[static_cast<size_t>(upto(3))], {range}, rank, reads);
    else if (kind < 8)
      story.reset(scopes[static_cast<size_t>(upto(3))], rank);
    else
      story.sync();
  }
  return story;
}

TEST(LedgerCheck, AgreesWithTheDefinitionOnRandomOrders) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    const Story story = random_story(seed, 3, 14);
    const auto got = story.check();
    const Definition want(story);
    ASSERT_EQ(got.unscored, want.unscored) << "seed " << seed;
    ASSERT_EQ(got.concurrent, want.concurrent) << "seed " << seed;
    ASSERT_EQ(got.discarded, want.discarded) << "seed " << seed;
    ASSERT_EQ(got.repeated, want.repeated) << "seed " << seed;
    ASSERT_EQ(got.missing, want.missing) << "seed " << seed;
  }
}

// No leak of any order is missed. What goes from rank to rank and back counts in any order, so a few are told that no
// order has; none of one rank, none of evaluations that meet before they hand state on.
TEST(LedgerCheck, EveryLeakOfEveryOrderIsFound) {
  int leaks = 0, more = 0;
  for (unsigned seed = 0; seed < 2000; ++seed) {
    const Story story = random_story(seed, 3, 9);
    const bool found = story.check().leaked > 0, there = EveryOrder(story).leaks;
    leaks += there, more += found && !there;
    ASSERT_TRUE(found || !there) << "seed " << seed;
    if (story.header().world_size == 1) {
      ASSERT_EQ(found, there) << "seed " << seed;
    }
  }
  EXPECT_GT(leaks, 500);
  EXPECT_LE(more, 10);
}

}  // namespace
}  // namespace pgolf
