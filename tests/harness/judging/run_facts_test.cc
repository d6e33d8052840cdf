// What the harness finds out about a run before it is judged.
#include "harness/judging/run_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/sha256.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/gather_evidence.h"
#include "judge/judge.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using RunFactsTest = HarnessFixture;

// The fake engine is not the one of this build, and the data are not the challenge's.
TEST_F(RunFactsTest, ARunRecordsTheEngineOfEachPhase) {
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
  const auto verdicts = judge(gather_evidence(facts), load_ruleset(find_ruleset(source_dir() / "rules", "")));
  const auto reason = [&](const std::string& rule) {
    for (const Verdict& v : verdicts)
      if (v.rule == rule && v.reading == Reading::strict) return v.reason;
    return std::string();
  };
  EXPECT_EQ(reason("engine_identity"),
            "train, pack, eval ran by another engine than the one that this run's pgolf was built with");
  EXPECT_THAT(reason("validation_set"), HasSubstr("are not the challenge's"));
  // The harness hashes what the shard holds behind its header of 1024 bytes.
  EXPECT_EQ(facts.val_tokens_sha256,
            sha256_hex(read_text(data().val_directory() / "fineweb_val_000000.bin").substr(1024)));
}

}  // namespace
}  // namespace pgolf
