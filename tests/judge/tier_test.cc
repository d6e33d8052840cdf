#include "judge/tier.h"

#include <gtest/gtest.h>

namespace pgolf {
namespace {

// A run of this record, by pgolf's own engine, whose evidence is whole.
RunSummary whole() {
  RunSummary out;
  out.val_bpb = 1.2, out.train_ms = 5;
  for (const char* rule : {"artifact_identity", "ledger_intact", "one_result", "engine_identity"})
    out.verdicts.push_back({rule, "strict", "pass"});
  return out;
}

RunSummary imported() {
  RunSummary out = whole();
  out.imported = true;
  out.verdicts.back().status = "unknown";  // what only another machine saw
  return out;
}

TEST(Tier, WhoComputedIt) {
  EXPECT_EQ(tier_of(whole()), "rerun");
  EXPECT_EQ(tier_of(imported()), "consistent");
  RunSummary run = imported();
  run.verdicts.push_back({"audited", "strict", "pass"});
  EXPECT_EQ(tier_of(run), "audited");
  run.rerun = true;
  EXPECT_EQ(tier_of(run), "rerun");
  run = whole(), run.train_ms.reset();  // weights from elsewhere, scored here
  EXPECT_EQ(tier_of(run), "audited");
  run = whole(), run.verdicts.back().status = "unknown";  // by another engine
  EXPECT_EQ(tier_of(run), "consistent");
}

TEST(Tier, WhatWasLeftContradictsIt) {
  for (const char* rule : {"artifact_identity", "data_hashes", "ledger_intact", "one_result", "audited"}) {
    RunSummary run = whole();
    run.rerun = true;
    run.verdicts.push_back({rule, "practice", "fail"});
    EXPECT_EQ(tier_of(run), "claimed") << rule;
  }
  RunSummary run = whole();
  run.verdicts.push_back({"score_before_update", "strict", "fail"});  // a rule of the challenge's
  EXPECT_EQ(tier_of(run), "rerun");
}

TEST(Tier, NothingShown) {
  RunSummary run = imported();
  run.verdicts.clear();
  EXPECT_EQ(tier_of(run), "claimed");
  run.val_bpb.reset();
  EXPECT_EQ(tier_of(run), "");
  EXPECT_EQ(tier_text("claimed"), "claimed: somebody says so, or what was left contradicts it");
  EXPECT_EQ(tier_text(""), "");
}

}  // namespace
}  // namespace pgolf
