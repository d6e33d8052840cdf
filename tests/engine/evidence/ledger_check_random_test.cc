// The ledger check against its definition, on random orders.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <tuple>

#include "tests/engine/evidence/ledger_story.h"

namespace pgolf {
namespace {

// The definition, target by target, against the interval sets.
struct Oracle {
  int64_t unscored = 0, concurrent = 0, discarded = 0, leaked = 0, repeated = 0, missing = 0;

  explicit Oracle(const Story& story) {
    const auto& records = story.records();
    std::vector<int> epoch;
    for (int e = 0; const auto& record : records) epoch.push_back(record.op == LedgerOp::sync ? e++ : e);
    const auto headline = [&](const LedgerRecord& r) {
      return r.op == LedgerOp::score && r.name == story.header().headline;
    };
    const auto has = [](const LedgerRecord& r, int64_t t) {
      return std::any_of(r.targets.begin(), r.targets.end(), [&](auto& x) { return x.begin <= t && t < x.end; });
    };
    const auto reads = [](const LedgerRecord& r, const std::string& scope) {
      return std::find(r.reads.begin(), r.reads.end(), scope) != r.reads.end();
    };
    std::map<std::string, std::set<int64_t>> seen;
    std::set<int64_t> scored;
    for (size_t j = 0; j < records.size(); ++j) {
      const auto& record = records[j];
      if (record.op == LedgerOp::reset) seen[record.name].clear();
      for (const auto& range : record.targets)
        for (int64_t t = range.begin; t < range.end; ++t) {
          if (headline(record)) {
            for (const auto& scope : record.reads) leaked += seen[scope].count(t);
            repeated += !scored.insert(t).second;
          }
          if (record.op != LedgerOp::update) continue;
          bool before = false, meanwhile = false;
          for (size_t i = 0; i < records.size(); ++i) {
            if (!headline(records[i]) || !has(records[i], t)) continue;
            before |= i < j && (records[i].rank == record.rank || epoch[i] < epoch[j]);
            meanwhile |= records[i].rank != record.rank && epoch[i] == epoch[j];
          }
          if (before) continue;
          for (size_t i = 0; i < j; ++i)
            if (headline(records[i]) && records[i].rank != record.rank && epoch[i] == epoch[j] &&
                reads(records[i], record.name))
              raced_.insert({static_cast<int64_t>(j), records[i].rank, t, range.begin, has(records[i], t)});
          bool used = false;
          for (size_t k = j + 1; k < records.size() && !used; ++k) {
            if (records[k].op == LedgerOp::reset && records[k].name == record.name) break;
            used = reads(records[k], record.name) &&
                   (headline(records[k]) || (records[k].op == LedgerOp::update && records[k].name != record.name));
          }
          ++(!used ? discarded : meanwhile ? concurrent : unscored);
        }
      if (record.op != LedgerOp::update) continue;
      for (const auto& range : record.targets)
        for (int64_t t = range.begin; t < range.end; ++t) seen[record.name].insert(t);
      for (const auto& scope : record.reads) seen[record.name].insert(seen[scope].begin(), seen[scope].end());
    }
    for (const auto& [j, rank, t, begin, hit] : raced_) leaked += hit;
    missing = story.header().targets - static_cast<int64_t>(scored.size());
  }

 private:
  std::set<std::tuple<int64_t, int, int64_t, int64_t, bool>> raced_;
};

TEST(LedgerCheck, AgreesWithTheDefinitionOnRandomOrders) {
  for (unsigned seed = 0; seed < 3000; ++seed) {
    std::mt19937 random(seed);
    const auto upto = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const int ranks = 1 + upto(3);
    Story story("p", 12, ranks);
    const std::vector<std::string> scopes{"a", "b", "c"};
    for (int i = 0, n = 2 + upto(14); i < n; ++i) {
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
    const auto got = story.check();
    const Oracle want(story);
    ASSERT_EQ(got.unscored, want.unscored) << "seed " << seed;
    ASSERT_EQ(got.concurrent, want.concurrent) << "seed " << seed;
    ASSERT_EQ(got.discarded, want.discarded) << "seed " << seed;
    ASSERT_EQ(got.leaked, want.leaked) << "seed " << seed;
    ASSERT_EQ(got.repeated, want.repeated) << "seed " << seed;
    ASSERT_EQ(got.missing, want.missing) << "seed " << seed;
  }
}

}  // namespace
}  // namespace pgolf
