// The machine, as a publication states it.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, AnotherNumberOfProcessesIsAnotherMachine) {
  auto s = submission(754);
  s.hardware = "8x H100 80GB SXM";
  for (auto& claim : s.claims) claim.world_size = claim.source == "train_seed42.log" ? 1 : 8;
  const auto all = judge_claims(s, {}, rules());
  EXPECT_EQ(verdict(all, "hardware", Reading::strict, "train_seed1337.log").status, Status::pass);
  EXPECT_EQ(verdict(all, "hardware", Reading::strict, "train_seed42.log").status, Status::unknown);
  EXPECT_THAT(verdict(all, "hardware", Reading::strict, "train_seed42.log").reason, HasSubstr("prints 1 processes"));
}

// The machine that a log shows counts for that log alone, whatever the card states.
TEST_F(JudgeClaimsTest, EachLogShowsItsOwnMachine) {
  auto s = submission(754);
  s.hardware = "8x H100 80GB SXM";
  const auto log = [](const std::string& source, int64_t count, const std::string& gpu) {
    PublishedLog out{source, {}, {}};
    out.facts.world_size = 8;
    if (count > 0) out.facts.gpus[gpu] = count;
    return out;
  };
  const std::vector<PublishedLog> logs{log("train_seed1337.log", 8, "NVIDIA H100 80GB HBM3"),
                                       log("train_seed42.log", 4, "NVIDIA A100-SXM4-80GB"),
                                       log("train_seed2024.log", 0, "")};
  const auto all = judge_claims(s, logs, rules());
  const auto of = [&](const char* file) { return verdict(all, "hardware", Reading::strict, file); };
  EXPECT_EQ(of("train_seed1337.log").status, Status::pass);
  EXPECT_EQ(of("train_seed42.log").status, Status::unknown);
  EXPECT_EQ(of("train_seed42.log").observed, "4x NVIDIA A100-SXM4-80GB");
  EXPECT_EQ(of("train_seed2024.log").observed, "8x H100 80GB SXM");
}

}  // namespace
}  // namespace pgolf
