#include "harness/compare/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/error.h"
#include "harness/compare/report.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

constexpr double kBytesPerTarget = 2.5;
constexpr double kNats = 2.5 * std::numbers::ln2;  // per bit per byte

const CompareOptions kOfficial{.margin_nats = 0.005, .alpha = 0.01};  // a record's, by the challenge

CompareSide side(const std::string& name, const std::vector<double>& values) {
  CompareSide out;
  out.name = name, out.profile = "demo", out.pass = "ttt", out.data_sha256 = std::string(64, 'd');
  out.bytes_per_target = ByteInterval{kBytesPerTarget, kBytesPerTarget};
  for (size_t i = 0; i < values.size(); ++i)
    out.runs.push_back({name + std::to_string(i), static_cast<int64_t>(i), values[i], {}});
  return out;
}

Comparison compared(const std::vector<double>& a, const std::vector<double>& b, CompareOptions options = kOfficial) {
  return compare(side("a", a), side("b", b), options);
}

std::string refusal(const CompareSide& a, const CompareSide& b, CompareOptions options = kOfficial) {
  try {
    compare(a, b, options);
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
    return e.what();
  }
  return "compared";
}

// The interval of 98 % lies at 0.004766 to 0.012034 bits per byte (statistics_test.cc).
TEST(Compare, OutcomesFollowTheInterval) {
  const std::vector<double> low{1.0712, 1.0698, 1.0705}, high{1.0801, 1.0776, 1.0790};
  CompareOptions o = kOfficial;
  o.margin_nats = 0.0047 * kNats;
  EXPECT_EQ(compared(low, high, o).outcome, CompareOutcome::better);
  EXPECT_EQ(compared(high, low, o).outcome, CompareOutcome::worse);
  o.margin_nats = 0.0048 * kNats;
  EXPECT_EQ(compared(low, high, o).outcome, CompareOutcome::inconclusive);
  EXPECT_THAT(compared(low, high, o).reason, HasSubstr("A is better, but whether by more than"));
  o.margin_nats = 0.0121 * kNats;
  EXPECT_EQ(compared(low, high, o).outcome, CompareOutcome::equal);
  EXPECT_EQ(compared(high, low, o).outcome, CompareOutcome::equal);
}

TEST(Compare, NumbersOfAComparison) {
  CompareOptions o = kOfficial;
  const Comparison c = compared({1.0712, 1.0698, 1.0705}, {1.0801, 1.0776, 1.0790}, o);
  EXPECT_NEAR(*c.nats_per_unit, 1.7328679513998632, 1e-14);
  EXPECT_NEAR(*c.margin, 0.005 / 1.7328679513998632, 1e-15);
  EXPECT_EQ(c.outcome, CompareOutcome::better);
  EXPECT_NEAR(*c.p_any, 0.0008413019367399045, 1e-12);
  EXPECT_NEAR(*c.detectable, 0.004700586217053758, 1e-9);
  EXPECT_EQ(exit_code_of(c, false), 0);
  EXPECT_EQ(exit_code_of(c, true), 1);
}

TEST(Compare, ExitCodes) {
  CompareOptions o = kOfficial;
  o.margin_nats = 0.0121 * kNats;
  const Comparison equal = compared({1.0712, 1.0698, 1.0705}, {1.0801, 1.0776, 1.0790}, o);
  EXPECT_EQ(exit_code_of(equal, true), 0);
  EXPECT_EQ(exit_code_of(equal, false), 1);  // a gain above the margin is refuted
  const Comparison open = compared({1.07, 1.09}, {1.08, 1.06});
  EXPECT_EQ(open.outcome, CompareOutcome::inconclusive);
  EXPECT_EQ(exit_code_of(open, true), 3);
  EXPECT_EQ(exit_code_of(open, false), 3);
}

TEST(Compare, OneRunIsInconclusiveWithTheReason) {
  const Comparison c = compared({1.05}, {1.0801, 1.0776, 1.0790});
  EXPECT_EQ(c.outcome, CompareOutcome::inconclusive);
  EXPECT_THAT(c.reason, HasSubstr("A has one run"));
  EXPECT_FALSE(c.test);
  EXPECT_FALSE(c.interval);
  // 1.0789 -+ t(0.99, 2) * sd * sqrt(4/3) = 6.964556734 * 0.0012529964 * 1.154700538 = 0.0100766
  ASSERT_EQ(c.notes.size(), 1u);
  EXPECT_THAT(c.notes[0], HasSubstr("between 1.06882 and 1.08898"));
  EXPECT_THAT(c.notes[0], HasSubstr("1.05000, lies outside"));
  EXPECT_THAT(compared({1.05}, {1.08}).reason, HasSubstr("A and B have one run each, and one run does not"));
}

TEST(Compare, NoVarianceIsInconclusive) {
  const Comparison c = compared({1.05, 1.05, 1.05}, {1.08, 1.08});
  EXPECT_EQ(c.outcome, CompareOutcome::inconclusive);
  EXPECT_THAT(c.reason, HasSubstr("are the seeds independent?"));
  const Comparison half = compared({1.05, 1.05, 1.05}, {1.08, 1.081});
  EXPECT_EQ(half.outcome, CompareOutcome::better);
  EXPECT_THAT(half.notes.at(0), HasSubstr("all runs of A are equal"));
}

TEST(Compare, ValuesThatAreNoNumbersAreRefused) {
  EXPECT_THAT(refusal(side("a", {1.0, std::nan("")}), side("b", {1.0, 1.1})),
              HasSubstr("a1: its val_bpb is not a finite"));
  EXPECT_THAT(refusal(side("a", {INFINITY}), side("b", {1.0, 1.1})), HasSubstr("not a finite number"));
  EXPECT_THAT(refusal(side("a", {}), side("b", {1.0, 1.1})), HasSubstr("a has no run with a val_bpb"));
}

TEST(Compare, RefusesOptionsThatMeanNothing) {
  const CompareSide a = side("a", {1, 2}), b = side("b", {1, 2});
  CompareOptions o = kOfficial;
  o.alpha = 0.5;
  EXPECT_THAT(refusal(a, b, o), HasSubstr("--alpha 0.5"));
  o = kOfficial;
  o.margin_nats = -1;
  EXPECT_THAT(refusal(a, b, o), HasSubstr("--margin-nats -1"));
  o = kOfficial;
  o.power = 1;
  EXPECT_THAT(refusal(a, b, o), HasSubstr("--power 1"));
  o = kOfficial;
  o.metric = "steps";
  EXPECT_THAT(refusal(a, b, o), HasSubstr("metric 'steps'"));
  o.metric = "val_bpb_";
  EXPECT_THAT(refusal(a, b, o), HasSubstr("metric 'val_bpb_'"));
}

TEST(Compare, RefusesToMixAndSaysSoWhereItIsForced) {
  const CompareSide a = side("a", {1.0, 1.1});
  CompareSide other_profile = side("b", {1.0, 1.1}), other_data = other_profile, other_pass = other_profile,
              pooled = other_profile;
  other_profile.profile = "record";
  other_data.data_sha256 = std::string(64, 'e');
  other_pass.pass = "sliding";
  pooled.mixed = {"configurations x and y"};
  const std::vector<std::pair<CompareSide, std::string>> cases{
      {other_profile, "A ran as 'demo', B as 'record'"},
      {other_data, "A was scored on dddddddddddd..., B on eeeeeeeeeeee..."},
      {other_pass, "A's value is of the pass 'ttt', B's of 'sliding'"},
      {pooled, "B: configurations x and y"},
      {a, "a0 stands on both sides"}};
  for (const auto& [b, what] : cases) {
    EXPECT_THAT(refusal(a, b), HasSubstr(what));
    CompareOptions o = kOfficial;
    o.mixed = true;
    const Comparison forced = compare(a, b, o);
    EXPECT_THAT(forced.mixed.at(0), HasSubstr(what));
    const SelectedSide sa{a, {}}, sb{b, {}};
    EXPECT_THAT(compare_to_text(forced, {sa, sb, o, nullptr}), HasSubstr("MIXED: "));
    EXPECT_THAT(compare_markdown(compare_view(forced, {sa, sb, o, nullptr}, nullptr)), HasSubstr("> **Mixed.** "));
  }
}

TEST(Compare, TextsOfUnknownHashAreHeldByTheirBytesPerToken) {
  const CompareSide a = side("a", {1.0, 1.1});
  CompareSide claims = side("b", {1.0, 1.1});
  claims.data_sha256.clear();
  claims.bytes_per_target = ByteInterval{2.4999, 2.5001};
  EXPECT_THAT(compare(a, claims, kOfficial).notes.at(0), HasSubstr("not known by hash"));
  claims.bytes_per_target = ByteInterval{3.1571, 3.1573};
  EXPECT_THAT(refusal(a, claims), HasSubstr("A's text has 2.50000 bytes per token, B's 3.15720"));
}

TEST(Compare, AMarginInNatsNeedsBytesOrLosses) {
  CompareSide a = side("a", {1.0, 1.1}), b = side("b", {1.2, 1.3});
  a.bytes_per_target.reset(), b.bytes_per_target.reset();
  const Comparison c = compare(a, b, kOfficial);
  EXPECT_EQ(c.outcome, CompareOutcome::inconclusive);
  EXPECT_THAT(c.reason, HasSubstr("compare val_loss"));
  CompareOptions o = kOfficial;
  o.metric = "val_loss";
  EXPECT_EQ(*compare(a, b, o).margin, 0.005);
}

TEST(Compare, JsonAndTextSayTheSame) {
  const SelectedSide a{side("a", {1.0712, 1.0698, 1.0705}), {}}, b{side("b", {1.0801, 1.0776, 1.0790}), {}};
  const CompareOptions o = kOfficial;
  const Comparison c = compare(a.side, b.side, o);
  const ComparedSides of{a, b, o, nullptr};
  const Json j = compare_to_json(c, of);
  EXPECT_EQ(j.at("format"), "pgolf.compare/1");
  EXPECT_EQ(j.at("outcome"), "better");
  EXPECT_EQ(j.at("a").at("runs").size(), 3u);
  EXPECT_NEAR(j.at("gain").get<double>(), 0.0084, 1e-12);
  EXPECT_NEAR(j.at("gain_nats").get<double>(), 0.0084 * kNats, 1e-12);
  EXPECT_NEAR(j.at("interval").at(0).get<double>(), 0.004766134292888417, 1e-12);
  const std::string text = compare_to_text(c, of);
  EXPECT_THAT(text, HasSubstr("better: A is better than B by more than 0.005 nats at p < 0.01"));
  EXPECT_THAT(text, HasSubstr("+0.00840 bits per byte (+0.01456 nats per token)"));
  EXPECT_THAT(text, HasSubstr("1 bit per byte = ln 2 x 2.50000 bytes per token = 1.73287 nats per token"));
  EXPECT_THAT(text, HasSubstr("no rank test gets below p = 0.05"));
}

}  // namespace
}  // namespace pgolf
