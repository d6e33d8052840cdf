// The engine is pgolf's own, and its libraries are the same in every phase.
#include "tests/judge/no_evidence_fixture.h"

namespace pgolf {
namespace {

TEST_F(NoEvidenceTest, AForeignEngineIsNamedWithItsPhase) {
  evidence_.facts.engine_sha256 = "own";
  EXPECT_EQ(verdict("engine_identity", Reading::strict).status, Status::unknown) << "no phase ran";
  ran("train", "own"), ran("pack", "own");
  EXPECT_EQ(verdict("engine_identity", Reading::strict).status, Status::pass);
  ran("eval", "foreign");
  const Verdict v = verdict("engine_identity", Reading::strict);
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_TRUE(v.counts);
  EXPECT_EQ(v.observed, "foreign");
  EXPECT_EQ(v.limit, "own");
  EXPECT_EQ(v.reason, "eval ran by another engine than the one that this run's pgolf was built with");
  ran("eval", "");
  EXPECT_EQ(verdict("engine_identity", Reading::strict).reason, "eval does not say which engine ran it");
}

TEST_F(NoEvidenceTest, LibrariesAreTheSameInEveryPhaseAndNobodysOwn) {
  evidence_.facts.engine_sha256 = "own";
  ran("train", "own"), ran("eval", "own");
  auto& train = evidence_.phases[0].facts.libraries;
  auto& eval = evidence_.phases[1].facts.libraries;
  train["/lib/libc.so.6"] = eval["/lib/libc.so.6"] = "aa";
  EXPECT_EQ(verdict("engine_identity", Reading::strict).status, Status::pass);
  eval["/lib/libc.so.6"] = "bb";
  EXPECT_EQ(verdict("engine_identity", Reading::strict).status, Status::unknown);
  EXPECT_EQ(verdict("engine_identity", Reading::strict).reason,
            "/lib/libc.so.6 in eval is another than in an earlier phase");
  eval = {{"/tmp/evil.so", ""}};
  EXPECT_EQ(verdict("engine_identity", Reading::strict).reason, "eval opened /tmp/evil.so, a library of its own");
}

}  // namespace
}  // namespace pgolf
