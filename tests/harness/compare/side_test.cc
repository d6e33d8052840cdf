// Sides of comparisons, from a record that is written by hand.
#include "harness/compare/side.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "harness/judging/find_ruleset.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CompareSideTest : public HarnessFixture {
 protected:
  // A finished run of 334 with a result; `sha` tells configurations apart.
  void add_run(const std::string& id, int64_t seed, double val_bpb, const std::string& profile = "demo",
               const std::vector<std::string>& overrides = {}) {
    const Json pinned = {{"submission", {{"id", "pr-334"}, {"code_bytes", 49461}}},
                         {"profile", profile},
                         {"overrides", overrides},
                         {"seed", seed},
                         {"config", {{"x", 1}}},
                         {"data", {{"name", "d"}, {"manifest_sha256", "m"}}}};
    store_.put_submission({"pr-334", "t", "a", "non_record_16mb", "c", 334, 49461, "{}"});
    const std::string sha = profile + Json(overrides).dump() + std::to_string(seed);
    store_.put_pinned({sha, "pr-334", profile, false, seed, 1000, pinned.dump()});
    RunRow row;
    row.id = id, row.pinned = sha, row.directory = id, row.command = "[]";
    store_.create_run(row);
    for (const auto state : {RunState::preparing, RunState::training, RunState::packing, RunState::artifact_saved,
                             RunState::evaluating, RunState::judging, RunState::done})
      store_.move(id, state);
    store_.put_metric(id, "val_bpb", val_bpb);
    store_.put_metric(id, "val_bpb_ttt", val_bpb);
    store_.put_metric(id, "val_bpb_quant", val_bpb + 0.1);
    store_.put_metric(id, "val_bytes", 2500);
    store_.put_metric(id, "val_targets", 1000);
  }
  SelectedSide select(const std::string& what, const std::string& metric = "val_bpb") {
    return select_side({&store_, workspace(), source_dir() / "submissions", ruleset_}, what, metric);
  }
  std::string refusal(const std::string& what, ErrorKind kind, const std::string& metric = "val_bpb") {
    const Error e = error_of([&] { select(what, metric); });
    EXPECT_EQ(e.kind(), kind) << e.what();
    return e.what();
  }

  Ruleset ruleset_ = load_ruleset(find_ruleset(source_dir() / "rules", ""));
  Store store_ = Store::open(workspace().database());
};

TEST_F(CompareSideTest, ASubmissionIsItsFinishedRuns) {
  add_run("20260101-000000-334-demo-aaaa", 1, 2.10);
  add_run("20260101-000001-334-demo-bbbb", 2, 2.12);
  const SelectedSide side = select("334");
  EXPECT_THAT(side.run_ids, ElementsAre("20260101-000000-334-demo-aaaa", "20260101-000001-334-demo-bbbb"));
  EXPECT_EQ(side.side.name, "pr-334@demo");
  EXPECT_EQ(side.side.profile, "demo");
  EXPECT_EQ(side.side.pass, "ttt");
  EXPECT_EQ(side.side.runs[1].value, 2.12);
  EXPECT_EQ(side.side.runs[1].seed, 2);
  EXPECT_EQ(side.side.bytes_per_target->low, 2.5);
  EXPECT_THAT(side.side.mixed, IsEmpty());
  EXPECT_EQ(select("#334@demo", "val_bpb_quant").side.runs[0].value, 2.2);
  EXPECT_EQ(select("aaaa,bbbb").run_ids, side.run_ids);
  add_run("20260101-000002-334-demo-9919", 3, 2.13);
  EXPECT_EQ(select("9919").run_ids.size(), 1u);  // no submission has this number
}

TEST_F(CompareSideTest, WhatIsNoEvidenceForARecordIsNoted) {
  add_run("20260101-000000-334-record-aaaa", 1, 2.10, "record");
  add_run("20260101-000001-334-record-bbbb", 2, 2.12, "record");
  for (const char* run : {"20260101-000000-334-record-aaaa", "20260101-000001-334-record-bbbb"})
    store_.put_judgement({run, "pg", "aa", "2026-05-02", "", {{"validation_set", "strict", "unknown", "{}"}}});
  PhaseRow phase;
  phase.run = "20260101-000001-334-record-bbbb", phase.name = "eval", phase.document = R"({"engine_sha256":"foreign"})";
  store_.put_phase(phase);
  store_.put_environment(phase.run, {{"engine_built_sha256", "own"}});
  EXPECT_THAT(select("334").side.notes,
              ElementsAre("20260101-000000-334-record-aaaa, 20260101-000001-334-record-bbbb: not scored on the "
                          "challenge's validation set, no evidence for a record",
                          "20260101-000001-334-record-bbbb: computed by another engine than pgolf's own"));
  EXPECT_EQ(select("334").side.strict, "unknown");
  EXPECT_EQ(select("aaaa").side.practice, "unknown");  // no reading of practice was in force
}

TEST_F(CompareSideTest, RunsOfSeveralKindsHaveToBeNamed) {
  add_run("20260101-000000-334-demo-aaaa", 1, 2.10);
  add_run("20260101-000001-334-demo-bbbb", 1, 2.12, "demo", {"ttt.enabled=false"});
  EXPECT_THAT(refusal("334", ErrorKind::usage),
              HasSubstr("name one: pr-334@demo (1 run), pr-334@demo+ttt.enabled=false (1 run)"));
  EXPECT_THAT(select("334@demo+ttt.enabled=false").run_ids, ElementsAre("20260101-000001-334-demo-bbbb"));
  EXPECT_THAT(select("334@demo").run_ids, ElementsAre("20260101-000000-334-demo-aaaa"));
  EXPECT_THAT(refusal("334@record", ErrorKind::not_found), HasSubstr("no finished runs of kind pr-334@record"));
  EXPECT_THAT(refusal("849", ErrorKind::not_found), HasSubstr("pr-849 has no finished run with a val_bpb"));
  EXPECT_THAT(select("aaaa,bbbb").side.mixed, ElementsAre(HasSubstr("configurations pr-334@demo and pr-334@demo+ttt")));
}

TEST_F(CompareSideTest, ARepeatedSeedIsNoFurtherSample) {
  add_run("20260101-000000-334-demo-aaaa", 1, 2.10);
  add_run("20260101-000001-334-demo-bbbb", 1, 2.11);
  add_run("20260101-000002-334-demo-cccc", 2, 2.12);
  const SelectedSide side = select("334");
  EXPECT_EQ(side.run_ids.size(), 2u);
  EXPECT_THAT(side.side.notes, ElementsAre(HasSubstr("repeats seed 1 and is left out")));
}

TEST_F(CompareSideTest, WhatStandsOnBothSidesCountsOnce) {
  add_run("20260101-000000-334-demo-aaaa", 1, 2.10);
  add_run("20260101-000001-334-demo-bbbb", 2, 2.12);
  add_run("20260101-000002-334-demo-cccc", 1, 2.11);
  add_run("20260101-000003-334-demo-dddd", 3, 2.13);
  const SelectedSide a = select("aaaa,bbbb");
  SelectedSide b = select("cccc,dddd");
  leave_out_shared(a.side, b);
  EXPECT_THAT(b.run_ids, ElementsAre("20260101-000003-334-demo-dddd"));
  ASSERT_EQ(b.side.runs.size(), 1u);
  EXPECT_EQ(b.side.runs[0].value, 2.13);
  EXPECT_THAT(b.side.notes, ElementsAre("20260101-000002-334-demo-cccc repeats 20260101-000000-334-demo-aaaa of the "
                                        "other side and is left out"));
  SelectedSide again = select("cccc");
  EXPECT_THAT(error_of([&] { leave_out_shared(a.side, again); }).what(), HasSubstr("are the same computations"));
}

TEST_F(CompareSideTest, AClaimBesideItselfIsNoComparison) {
  for (const char* id : {"claims:754", "claims:849"}) {  // the logs' lines are at hand of one alone
    SelectedSide claims = select(id);
    EXPECT_EQ(error_of([&] { leave_out_shared(select(id).side, claims); }).what(),
              claims.side.name + " and " + claims.side.name +
                  " are the same computations; a comparison takes other seeds or configurations");
  }
  SelectedSide copy = select("claims:754");
  copy.side.name = "claims of another";
  EXPECT_THAT(error_of([&] { leave_out_shared(select("claims:754").side, copy); }).what(),
              HasSubstr("are the same computations"));
  SelectedSide part = select("claims:754");
  part.side.name = "claims of a third";
  part.side.runs[1].computed.clear(), part.side.runs[2].computed.clear();
  leave_out_shared(select("claims:754").side, part);
  EXPECT_EQ(part.side.runs.size(), 3u);
  EXPECT_THAT(part.side.notes, ElementsAre("train_seed1337.log is a log of both sides: no further sample"));
}

TEST_F(CompareSideTest, AnArtifactCountsOnce) {
  add_run("20260101-000000-334-demo-aaaa", 1, 2.10);
  add_run("20260101-000001-334-demo-bbbb", 2, 2.10);
  add_run("20260101-000002-334-demo-cccc", 3, 2.12);
  for (const char* id : {"20260101-000000-334-demo-aaaa", "20260101-000001-334-demo-bbbb"})
    store_.put_artifact({id, "artifact", "artifact.bin", std::string(64, 'e'), 10, "{}", ""});
  const SelectedSide side = select("334");
  EXPECT_THAT(side.run_ids, ElementsAre("20260101-000000-334-demo-aaaa", "20260101-000002-334-demo-cccc"));
  EXPECT_THAT(side.side.notes,
              ElementsAre("20260101-000001-334-demo-bbbb saved the artifact of 20260101-000000-334-demo-aaaa and is "
                          "left out"));
}

TEST_F(CompareSideTest, NamesThatMeanNothing) {
  add_run("20260101-000000-334-demo-aaaa", 1, 2.10);
  EXPECT_THAT(refusal("aaaa,", ErrorKind::usage), HasSubstr("names an empty run"));
  EXPECT_THAT(refusal("aaaa,aaaa", ErrorKind::usage), HasSubstr("named twice"));
  EXPECT_THAT(refusal("zzzz", ErrorKind::not_found), HasSubstr("run 'zzzz' not found"));
  EXPECT_THAT(refusal("claims:1", ErrorKind::not_found), HasSubstr("submission '1' not found"));
  EXPECT_THAT(refusal("aaaa", ErrorKind::usage, "val_bpb_sliding"),
              HasSubstr("has no val_bpb_sliding; it has val_bpb, val_bpb_quant, val_bpb_ttt"));
  EXPECT_THAT(refusal("aaaa", ErrorKind::usage, "steps"), HasSubstr("metric 'steps'"));
  const SideSources nothing{nullptr, workspace(), source_dir() / "submissions", ruleset_};
  EXPECT_EQ(error_of([&] { select_side(nothing, "334", "val_bpb"); }).kind(), ErrorKind::not_found);
}

TEST_F(CompareSideTest, ClaimsAreThoseOfTheLogs) {
  const CompareSide one = select("claims:334").side;
  ASSERT_EQ(one.runs.size(), 1u);
  EXPECT_EQ(one.runs[0].value, 1.2207);
  EXPECT_EQ(one.pass, "live");
  EXPECT_EQ(one.profile, "record");
  EXPECT_NEAR((one.bytes_per_target->low + one.bytes_per_target->high) / 2, 2.43593, 1e-4);
  const CompareSide three = select("claims:2097").side;
  ASSERT_EQ(three.runs.size(), 1u);  // its logs repeat each other's measurements
  EXPECT_THAT(three.notes, testing::UnorderedElementsAre(HasSubstr("no run of its own"), HasSubstr("no run of its own"),
                                                         testing::AllOf(HasSubstr("`pgolf check 2097` fails"),
                                                                        HasSubstr("size_adds_up (train_seed0.log)"))));
  const CompareSide sound = select("claims:754", "val_loss").side;
  ASSERT_EQ(sound.runs.size(), 3u);
  EXPECT_THAT(sound.notes, IsEmpty());
  const Comparison c = compare(select("claims:2097").side, select("claims:754").side,
                               {.margin_nats = 0.005, .alpha = 0.01, .mixed = true});
  EXPECT_EQ(c.outcome, CompareOutcome::inconclusive);  // three logs that share 94 of 112 lines are one
  EXPECT_THAT(c.mixed, ElementsAre(HasSubstr("not one text and tokenizer")));
}

}  // namespace
}  // namespace pgolf
