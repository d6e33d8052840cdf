// The rules that ask whether text and program are the ones meant.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/sha256.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/gather_evidence.h"
#include "harness/judging/judging.h"
#include "harness/judging/run_facts.h"
#include "judge/judge.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class IdentityTest : public HarnessFixture {
 protected:
  Verdict verdict(const std::string& rule, Reading reading) const {
    for (const Verdict& v : judge(evidence_, ruleset_))
      if (v.rule == rule && v.reading == reading) return v;
    throw std::logic_error("no verdict " + rule);
  }
  void ran(const std::string& phase, const std::string& engine) {
    PhaseEvidence evidence;
    evidence.facts.name = phase, evidence.facts.engine_sha256 = engine;
    evidence_.phases.push_back(evidence);
  }

  Ruleset ruleset_ = load_ruleset(find_ruleset(source_directory() / "rules", ""));
  RunEvidence evidence_;
};

// Documents can be written that have these numbers (50,000 of "a a a is is is"): they alone are no pass.
TEST_F(IdentityTest, TheChallengesTextIsKnownByItsTokens) {
  evidence_.facts.val_targets = 62'021'632, evidence_.facts.val_bytes = 151'080'363;
  evidence_.facts.val_tokens_sha256 = "forged";
  EXPECT_EQ(verdict("validation_set", Reading::strict).status, Status::warn);
  EXPECT_EQ(verdict("validation_set", Reading::strict).reason,
            "as many targets and bytes as the challenge's sp1024; the ruleset has no hash of its tokens, here it is "
            "forged");
  for (KnownStream& stream : ruleset_.streams) stream.tokens_sha256 = "known";
  EXPECT_EQ(verdict("validation_set", Reading::strict).status, Status::unknown);
  EXPECT_EQ(
      verdict("validation_set", Reading::strict).reason,
      "as many targets and bytes as the challenge's sp1024, but other tokens: their SHA-256 is forged, not known");
  evidence_.facts.val_tokens_sha256 = "known";  // the control
  EXPECT_EQ(verdict("validation_set", Reading::strict).status, Status::pass);
  EXPECT_EQ(verdict("validation_set", Reading::strict).reason,
            "the tokens of the challenge's sp1024, by their SHA-256");
  evidence_.facts.val_targets = 40'540'160, evidence_.facts.val_bytes = 151'078'222;
  EXPECT_EQ(verdict("validation_set", Reading::practice).status, Status::pass);
}

TEST_F(IdentityTest, AnotherTextIsNoEvidenceForARecord) {
  for (const int64_t bytes : {151'080'362, 151'078'222, 200}) {  // a byte less, another stream's, a demo's
    evidence_.facts.val_targets = 62'021'632, evidence_.facts.val_bytes = bytes;
    const Verdict strict = verdict("validation_set", Reading::strict);
    EXPECT_EQ(strict.status, Status::unknown);
    EXPECT_TRUE(strict.counts);
    EXPECT_THAT(strict.reason, HasSubstr(" bytes are not the challenge's validation set"));
    EXPECT_FALSE(verdict("validation_set", Reading::practice).counts);
  }
  EXPECT_EQ(verdict("validation_set", Reading::strict).observed, 200);
  evidence_.facts.val_bytes.reset(), evidence_.facts.val_problem = "val: token 3 is another";
  EXPECT_EQ(verdict("validation_set", Reading::strict).reason,
            "the prepared data are damaged: val: token 3 is another");
}

TEST_F(IdentityTest, AForeignEngineIsNamedWithItsPhase) {
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

TEST_F(IdentityTest, EarlierAttemptsAreToldAndASecondChoiceIsABreach) {
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::unknown) << "no phase ran";
  ran("eval", "own");
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::pass);
  evidence_.facts.earlier = {{"pack", 1, "killed", "", false},
                             {"eval", 1, "killed, sliding ended with val_bpb 1.3000", "", false}};
  for (const Reading reading : {Reading::strict, Reading::practice}) {
    const Verdict v = verdict("phases_ran_once", reading);
    EXPECT_EQ(v.status, Status::warn);
    EXPECT_EQ(v.observed, 2);
    EXPECT_EQ(v.reason,
              "attempt 1 at pack: killed; attempt 1 at eval: killed, sliding ended with val_bpb 1.3000; only the last "
              "attempt is judged");
  }
  evidence_.facts.earlier = {{"eval", 1, "limit", "it went over a limit", false}};
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::fail);
  EXPECT_EQ(verdict("phases_ran_once", Reading::practice).status, Status::warn);  // advisory
  EXPECT_THAT(verdict("phases_ran_once", Reading::strict).reason, HasSubstr("limit (it went over a limit)"));
  evidence_.facts.earlier = {{"eval", 1, "ok", "", true}};
  EXPECT_EQ(verdict("phases_ran_once", Reading::strict).status, Status::fail);
}

TEST_F(IdentityTest, LibrariesAreTheSameInEveryPhaseAndNobodysOwn) {
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

// The fake engine is not the one of this build, and the data are not the challenge's.
TEST_F(IdentityTest, ARunRecordsTheEngineOfEachPhase) {
  Store store = Store::open(workspace().database());
  const RunEnd end = Runner(store, workspace(), options()).run(submission(), pinned(), data());
  const RunFacts facts = run_facts(store.load_run(end.run), workspace());
  ASSERT_EQ(facts.phases.size(), 3u);
  for (const PhaseFacts& phase : facts.phases) EXPECT_EQ(phase.engine_sha256, sha256_file(fake_engine())) << phase.name;
  if (sandbox_works())
    for (const PhaseFacts& phase : facts.phases) {
      const auto c = std::find_if(phase.libraries.begin(), phase.libraries.end(),
                                  [](const auto& library) { return library.first.ends_with("/libc.so.6"); });
      ASSERT_NE(c, phase.libraries.end()) << phase.name;
      EXPECT_EQ(c->second, sha256_file(c->first)) << phase.name;
    }
  EXPECT_EQ(facts.engine_sha256, sha256_file(fs::path(PGOLF_BINARY_DIR) / "pgolf-engine"));
  evidence_ = gather_evidence(facts);
  EXPECT_EQ(verdict("engine_identity", Reading::strict).reason,
            "train, pack, eval ran by another engine than the one that this run's pgolf was built with");
  EXPECT_THAT(verdict("validation_set", Reading::strict).reason, HasSubstr("are not the challenge's"));
  // The harness hashes what the shard holds behind its header of 1024 bytes.
  EXPECT_EQ(facts.val_tokens_sha256,
            sha256_hex(read_text(data().val_directory() / "fineweb_val_000000.bin").substr(1024)));
}

}  // namespace
}  // namespace pgolf
