// The bytes per target that a printed pair implies.
#include "tests/judge/claims_fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST_F(JudgeClaimsTest, AByteCountIsRecognisedWithoutTheNumberOfTargets) {
  const auto all = judge_claims(submission(334), {}, rules());
  const auto v = verdict(all, "byte_count", Reading::strict, "train.log");
  EXPECT_EQ(v.status, Status::pass);
  EXPECT_NEAR(v.observed.get<double>(), 151080303.0 / 62021632, 1e-7);
  EXPECT_THAT(v.reason, HasSubstr("as the sp1024 stream has"));
}

// A tokenizer that nobody listed is no error, and no number of targets times anything overflows.
TEST_F(JudgeClaimsTest, ARatioOfNoKnownStreamIsOpen) {
  auto s = submission(334);
  s.claims.resize(1);
  auto& eval = s.claims[0].evals[0];
  s.claims[0].evals.resize(1);
  s.claims[0].val_targets.reset(), eval.targets.reset();
  eval.val_loss = "2.50000000", eval.val_bpb = "1.20000000";  // 3.0056 bytes per target
  auto v = verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  EXPECT_EQ(v.status, Status::unknown);
  EXPECT_THAT(v.reason, HasSubstr("as none of the known streams has"));
  eval.val_loss = "99999999999999999999.9", eval.val_bpb = "0.1234";
  s.claims[0].val_targets = int64_t{1} << 50;
  v = verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  EXPECT_EQ(v.status, Status::fail);
  EXPECT_GT(v.observed.get<double>(), 1e35);
}

// #2080 prints the network's loss beside the bits of its mixture with PPM: 174.0 MB are of neither text.
TEST_F(JudgeClaimsTest, TheTwoNumbersOfAMixtureMayBeOfTwoPredictors) {
  auto s = submission(334);
  s.claims.resize(1);
  s.claims[0].val_targets = 47'851'520;
  const auto eval = [](const char* name, const char* loss, const char* bpb) {
    ClaimedEval out;
    out.name = out.method = name, out.val_loss = loss, out.val_bpb = bpb;
    return out;
  };
  const auto judged = [&](std::vector<ClaimedEval> evals) {
    s.claims[0].evals = std::move(evals);
    return verdict(judge_claims(s, {}, rules()), "byte_count", Reading::strict, s.claims[0].source);
  };
  s.headline = {s.claims[0].source, "ppm_sliding", "2.45044876", "0.97206308"};
  const auto mixture = eval("ppm_sliding", "2.45044876", "0.97206308");
  const Verdict alone = judged({eval("quantized", "2.45044876", "1.11974"), mixture});
  EXPECT_EQ(alone.status, Status::unknown);
  EXPECT_THAT(alone.reason, HasSubstr("of a mixture, whose loss may be that of the network alone"));
  EXPECT_EQ(judged({eval("quantized", "2.45044876", "0.97206308"), mixture}).status, Status::fail);
  EXPECT_EQ(judged({eval("quantized", "2.45044876", "0.97206308")}).status, Status::fail);
}

// Of a mixture that prints no pair of its own the network's passes show the text: #1854 scores a fifth of it.
TEST_F(JudgeClaimsTest, AMixtureWithoutALossRestsOnTheNetworksPasses) {
  auto s = submission(334);
  s.claims.resize(1);
  s.claims[0].val_targets = 9'662'464;
  s.claims[0].evals.resize(1);
  ClaimedEval& network = s.claims[0].evals[0];
  network.name = network.method = "quantized", network.val_loss = "2.32800000", network.val_bpb = "1.08353000";
  network.targets.reset();
  ClaimedEval mixture;
  mixture.name = mixture.method = "ppm_mix mix_bpb", mixture.val_bpb = "0.903306";
  s.claims[0].evals.push_back(mixture);
  s.headline = {s.claims[0].source, mixture.name, "", mixture.val_bpb};
  const auto status = [&] {
    return verdict(judge_claims(s, {}, rules()), "byte_count", Reading::practice, s.claims[0].source).status;
  };
  EXPECT_EQ(status(), Status::fail);
  s.headline.eval = s.claims[0].evals[1].name = "ttt";  // of another pass without a pair nothing is shown
  EXPECT_EQ(status(), Status::warn);
}

}  // namespace
}  // namespace pgolf
