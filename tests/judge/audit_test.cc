#include "judge/audit.h"

#include <gmock/gmock.h>

#include <cmath>

#include "engine/evidence/twin.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

EventsFile log_of(std::vector<Event> events) {
  EventsFile out;
  for (Event& event : events) out.events.push_back({static_cast<int64_t>(out.events.size()) + 2, 0, std::move(event)});
  return out;
}

const StreamEvent kBegin{"ttt", 0, 0, 0}, kMiddle{"ttt", 500, 1000.5, 1200};
const ValidationEvent kResult{"ttt", "artifact", 2.0, 1.2, 1000, 2400, 7, true};

TEST(Audit, TimesAreNoDifference) {
  auto slower = kResult;
  slower.elapsed_ms = 900;
  EXPECT_EQ(first_difference(log_of({PhaseStartEvent{"eval"}, kBegin, kMiddle, kResult}),
                             log_of({kBegin, kMiddle, WarningEvent{"slow"}, slower, PhaseEndEvent{"eval", 5}}))
                .text,
            "");
}

// One bit of one sum, and its line in the run's log.
TEST(Audit, TheFirstDifferenceIsNamed) {
  auto middle = kMiddle;
  middle.nll = std::nextafter(middle.nll, 2000);
  auto result = kResult;
  result.val_bpb = 1.3;
  const auto found = first_difference(log_of({kBegin, kMiddle, kResult}), log_of({kBegin, middle, result}));
  EXPECT_EQ(found.text, "pass 'ttt' after 500 targets: nll 1000.5 there, 1000.5000000000001 here");
  EXPECT_EQ(found.line, 3);
  EXPECT_EQ(first_difference(log_of({kBegin, kResult}), log_of({kBegin, result})).text,
            "result of pass 'ttt', the headline: val_bpb 1.2 there, 1.3 here");
}

TEST(Audit, WhatOneOfThemLacksIsADifference) {
  const auto less = log_of({kBegin, kMiddle}), whole = log_of({kBegin, kMiddle, kResult});
  EXPECT_EQ(first_difference(whole, less).text, "result of pass 'ttt', the headline: val_loss 2 there, nothing here");
  EXPECT_EQ(first_difference(less, whole).text, "result of pass 'ttt', the headline: not there, val_loss 2 here");
  EXPECT_THAT(first_difference(log_of({TimeoutEvent{"ttt", 3}, kResult}), log_of({kResult})).text,
              HasSubstr("time limit of 'ttt'"));
}

// Two processes report sums at other places than one; results are the same.
TEST(Audit, SumsOnTheWayFollowTheProcesses) {
  const auto two = log_of({ProcessesEvent{2, 8, "shared memory"}, kBegin, StreamEvent{"ttt", 250, 400, 600}, kResult});
  EXPECT_EQ(first_difference(log_of({kBegin, kMiddle, kResult}), two).text, "");
}

// Each writes its probes when the others are done.
TEST(Audit, ProbesAreComparedByTheirTargets) {
  const NormalisationEvent first{"ttt", 5, 1.0}, second{"ttt", 70, 0.75};
  const CausalityEvent later{"ttt", 70, 9, 0, 0};
  EXPECT_EQ(first_difference(log_of({first, second, later, kResult}), log_of({kResult, second, later, first})).text,
            "");
  auto other = second;
  other.sum = 0.5;
  const auto found = first_difference(log_of({first, second, later, kResult}), log_of({other, later, kResult, first}));
  EXPECT_EQ(found.text, "pass 'ttt', probe of target 70: sum over the vocabulary 0.75 there, 0.5 here");
  EXPECT_EQ(found.line, 3);
}

TEST(Audit, DataMayHaveHadNoTwin) {
  const StreamEvent of_twin{kTwinPass, 10, 1, 20};
  const DocumentsEvent sums{.name = kTwinPass, .documents = 3};
  EXPECT_EQ(first_difference(log_of({kBegin, kResult}), log_of({of_twin, sums, kBegin, kResult})).text, "");
}

TEST(Audit, KindsOfDevices) {
  EXPECT_EQ(device_kind("pgolf-engine 0.1.0 cpu"), "cpu");
  EXPECT_EQ(device_kind("pgolf-engine 0.1.0 cuda:3"), "cuda");
  EXPECT_EQ(device_kind("pgolf-engine 0.1.0 cuda:0 float32"), "cuda float32");
  EXPECT_EQ(device_kind("pgolf-engine 0.1.0 cuda:0 fast"), "");
}

}  // namespace
}  // namespace pgolf
