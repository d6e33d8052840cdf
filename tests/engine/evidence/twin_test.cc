#include "engine/evidence/twin.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <utility>
#include <vector>

namespace pgolf {
namespace {

using Document = std::pair<double, double>;  // nats, bytes

DocumentsEvent sums_of(const char* name, const std::vector<Document>& documents) {
  DocumentsEvent out{.name = name};
  for (const auto& [nats, bytes] : documents) {
    ++out.documents, out.targets += 10, out.bytes += static_cast<int64_t>(bytes), out.nll += nats;
    out.nll_nll += nats * nats, out.nll_bytes += nats * bytes, out.bytes_bytes += bytes * bytes;
  }
  return out;
}

EventsFile log_of(std::vector<Event> events) {
  EventsFile out;
  for (Event& event : events) out.events.push_back({static_cast<int64_t>(out.events.size()) + 2, 0, std::move(event)});
  return out;
}

// By hand: R = 60 / 30 = 2 nats a byte, residuals 10 - 20, 20 - 20, 30 - 20, so sqrt(3/2 (100 + 0 + 100)) / 30.
TEST(Twin, ScoreAndErrorOfThreeDocuments) {
  const auto score = text_score(sums_of(kTwinPass, {{10, 10}, {20, 10}, {30, 10}}));
  ASSERT_TRUE(score);
  EXPECT_EQ(score->documents, 3);
  EXPECT_DOUBLE_EQ(score->bpb, 2 / std::numbers::ln2);
  EXPECT_DOUBLE_EQ(score->error, std::sqrt(300.0) / 30 / std::numbers::ln2);
}

TEST(Twin, DocumentsOfOneRateHaveNoError) {
  const auto score = text_score(sums_of(kTwinPass, {{2, 3}, {4, 6}, {20, 30}}));
  ASSERT_TRUE(score);
  EXPECT_NEAR(score->error, 0, 1e-8);
}

TEST(Twin, SumsThatNoDocumentsGiveAreNoScore) {
  const DocumentsEvent good = sums_of(kTwinPass, {{10, 10}, {20, 10}, {30, 10}});
  auto bad = good;
  bad.documents = 1;
  EXPECT_FALSE(text_score(bad));
  bad = good, bad.bytes = 0;
  EXPECT_FALSE(text_score(bad));
  bad = good, bad.nll = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(text_score(bad));
  bad = good, bad.nll_bytes = 1000;  // more than the squares allow (Cauchy and Schwarz)
  EXPECT_FALSE(text_score(bad));
}

TEST(Twin, GapAndItsError) {
  const auto val = sums_of(kTwinValPass, {{10, 10}, {20, 10}, {30, 10}}),
             twin = sums_of(kTwinPass, {{15, 10}, {35, 10}});
  const auto gap = twin_gap_of(log_of({val, twin}));
  ASSERT_TRUE(gap);
  EXPECT_DOUBLE_EQ(gap->gap(), 0.5 / std::numbers::ln2);
  EXPECT_DOUBLE_EQ(gap->error(), std::hypot(std::sqrt(300.0) / 30, std::sqrt(400.0) / 20) / std::numbers::ln2);
  EXPECT_EQ(gap->line, 3);
}

TEST(Twin, EachOnceOrItIsSaid) {
  const auto val = sums_of(kTwinValPass, {{10, 10}, {20, 10}}), twin = sums_of(kTwinPass, {{15, 10}, {35, 10}});
  std::string problem;
  EXPECT_FALSE(twin_gap_of(log_of({StreamEvent{}}), &problem));
  EXPECT_EQ(problem, "");
  EXPECT_FALSE(twin_gap_of(log_of({val, twin, twin}), &problem));
  EXPECT_NE(problem, "");
  problem = "";
  EXPECT_FALSE(twin_gap_of(log_of({twin}), &problem));
  EXPECT_NE(problem, "");
}

// Of 400 pairs of texts of 50 documents each, drawn from one source (seed 7), the interval of 1.96 errors has 0 in it
// 95 times of 100.
TEST(Twin, TheIntervalHoldsWhatItSays) {
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> length(6, 0.8);
  std::normal_distribution<double> rate(0.8, 0.15);
  const auto draw = [&](const char* name) {
    std::vector<Document> out;
    for (int d = 0; d < 50; ++d) {
      const double bytes = std::ceil(length(random));
      out.emplace_back(bytes * std::abs(rate(random)), bytes);
    }
    return sums_of(name, out);
  };
  int inside = 0;
  for (int i = 0; i < 400; ++i) {
    const auto gap = twin_gap_of(log_of({draw(kTwinValPass), draw(kTwinPass)}));
    inside += std::abs(gap->gap()) <= 1.96 * gap->error() ? 1 : 0;
  }
  EXPECT_GE(inside, 364);  // 91 %: three deviations of 400 draws below 95 %, and that sums of 50 are not quite normal
  EXPECT_LE(inside, 393);
}

}  // namespace
}  // namespace pgolf
