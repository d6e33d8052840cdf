#include "engine/eval/val_documents.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "engine/eval/group_schedule.h"

namespace pgolf {
namespace {

constexpr int32_t kBos = 1;

TEST(ValDocuments, RunFromBosToBosInclusive) {
  const std::vector<int32_t> tokens = {7, 1, 5, 6, 1, 1, 4, 3, 2};
  const auto documents = find_documents(tokens, kBos);
  ASSERT_EQ(documents.size(), 3U);
  EXPECT_EQ(documents[0], (Document{1, 4}));  // 1 5 6 1
  EXPECT_EQ(documents[1], (Document{4, 2}));  // 1 1
  EXPECT_EQ(documents[2], (Document{5, 4}));  // 1 4 3 2
  int64_t targets = 0;
  for (const Document& d : documents) targets += d.num_targets();
  EXPECT_EQ(targets, 7);  // all but the one before the first BOS, which is the first BOS itself
}

TEST(ValDocuments, ABosAtTheEndStartsNone) {
  EXPECT_EQ(find_documents(std::vector<int32_t>{1, 5, 1}, kBos), (std::vector<Document>{{0, 3}}));
  EXPECT_TRUE(find_documents(std::vector<int32_t>{1}, kBos).empty());
  EXPECT_TRUE(find_documents(std::vector<int32_t>{5, 6}, kBos).empty());
}

TEST(ValDocuments, AreGroupedByLengthLongestGroupFirst) {
  const std::vector<Document> documents = {{0, 9}, {10, 3}, {20, 5}, {30, 3}, {40, 7}};
  const auto groups = group_documents(documents, 2);
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].documents, (std::vector<Document>{{0, 9}}));  // the rest of the division holds the longest
  EXPECT_EQ(groups[0].index, 2);
  EXPECT_EQ(groups[1].documents, (std::vector<Document>{{20, 5}, {40, 7}}));
  EXPECT_EQ(groups[2].documents, (std::vector<Document>{{10, 3}, {30, 3}}));  // equal lengths in stream order
}

TEST(ValDocuments, ChunkWindowsEndWithTheChunkAndReachBackAsFarAsTheContext) {
  const Document d{100, 31};  // 30 targets
  EXPECT_EQ(num_chunks(d, 12), 3);
  EXPECT_EQ(chunk_window(d, 0, 12, 20), (Window{100, 12, 100, 112}));
  EXPECT_EQ(chunk_window(d, 1, 12, 20), (Window{104, 20, 112, 124}));
  EXPECT_EQ(chunk_window(d, 2, 12, 20), (Window{110, 20, 124, 130}));  // the last chunk is shorter, its window is not
  EXPECT_EQ(chunk_window(d, 3, 12, 20).length, 0);
}

// 50,000 documents of random lengths, as many as the challenge's validation set has.
std::vector<DocumentGroup> many_groups(uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::vector<Document> documents;
  int64_t begin = 0;
  for (int i = 0; i < 50000; ++i) {
    const auto length = static_cast<int64_t>(50 + generator() % 900 + (generator() % 100 == 0 ? 20000 : 0));
    documents.push_back({begin, length});
    begin += length - 1;
  }
  return group_documents(documents, 64);
}

int64_t documents_in(const Phase& phase, const std::vector<DocumentGroup>& groups) {
  int64_t n = 0;
  for (const Claim& claim : phase.claims) n += static_cast<int64_t>(groups[claim.group].documents.size());
  return n;
}

// The logs of PR 2143 and 2097 agree that 1296, 2128 and 2960 documents were scored when phases ended at 833, 1666,
// 2500: after the group that reaches the boundary each of the other seven ranks finishes its own.
TEST(GroupSchedule, EightRanksOvershootPhasesAsTheyDidInTheLogs) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    const auto groups = many_groups(seed);
    ASSERT_EQ(groups.size(), 782U);
    ASSERT_EQ(groups[0].documents.size(), 16U);
    const auto phases = schedule_groups(groups, TttConfig{}, 8);
    ASSERT_EQ(phases.size(), 4U);
    const std::vector<int64_t> scored = {1296, 2128, 2960}, trained = {833, 1666, 2500};
    int64_t so_far = 0;
    for (size_t i = 0; i < 3; ++i) {
      so_far += documents_in(phases[i], groups);
      EXPECT_EQ(so_far, scored[i]);
      EXPECT_EQ(static_cast<int64_t>(phases[i].to_train.size()), trained[i]);
      EXPECT_TRUE(phases[i].trains);
      for (size_t d = 1; d < phases[i].to_train.size(); ++d)  // shortest first
        EXPECT_LE(phases[i].to_train[d - 1].length, phases[i].to_train[d].length);
    }
    EXPECT_EQ(so_far + documents_in(phases[3], groups), 50000);
    EXPECT_FALSE(phases[3].trains);
  }
}

TEST(GroupSchedule, ClaimsEveryGroupOnceInOrderAndIsRepeatable) {
  const auto groups = many_groups(5);
  const auto phases = schedule_groups(groups, TttConfig{}, 8), again = schedule_groups(groups, TttConfig{}, 8);
  size_t next = 0;
  std::vector<int64_t> busy(8, 0);
  for (size_t p = 0; p < phases.size(); ++p) {
    ASSERT_EQ(phases[p].claims.size(), again[p].claims.size());
    for (size_t i = 0; i < phases[p].claims.size(); ++i) {
      const Claim& claim = phases[p].claims[i];
      EXPECT_EQ(claim.group, next++);
      EXPECT_EQ(claim.rank, again[p].claims[i].rank);
      busy[static_cast<size_t>(claim.rank)] += group_cost(groups[claim.group], TttConfig{});
    }
  }
  EXPECT_EQ(next, groups.size());
  const auto [least, most] = std::minmax_element(busy.begin(), busy.end());
  EXPECT_LT(static_cast<double>(*most), 1.3 * static_cast<double>(*least));  // shared out evenly
}

TEST(GroupSchedule, OneRankStopsAtTheGroupThatReachesTheBoundary) {
  std::vector<Document> documents;
  for (int64_t i = 0; i < 40; ++i) documents.push_back({100 * i, 20 + i});
  TttConfig ttt;
  ttt.prefix_docs = 12;
  const auto groups = group_documents(documents, 4);
  const auto phases = schedule_groups(groups, ttt, 1);
  ASSERT_EQ(phases.size(), 4U);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(phases[i].claims.size(), 1U);
  EXPECT_EQ(phases[3].claims.size(), 7U);
  // Scored so far: lengths 48..59; the first four of these are the shortest.
  EXPECT_EQ(phases[2].to_train.size(), 12U);
  EXPECT_EQ(phases[2].to_train.front().length, 48);
  EXPECT_EQ(phases[0].to_train.front().length, 56);
}

TEST(GroupSchedule, WithoutPrefixNothingIsTrained) {
  TttConfig ttt;
  ttt.prefix_docs = 0;
  const auto phases = schedule_groups(many_groups(1), ttt, 8);
  ASSERT_EQ(phases.size(), 1U);
  EXPECT_EQ(phases[0].claims.size(), 782U);
  EXPECT_FALSE(phases[0].trains);
}

}  // namespace
}  // namespace pgolf
