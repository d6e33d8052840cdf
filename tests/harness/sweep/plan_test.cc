// Plans of sweeps and ablations: what is written down before the first run.
#include "harness/sweep/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "base/file.h"
#include "harness/sweep/ablation.h"
#include "harness/sweep/room.h"
#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

std::filesystem::path root() { return source_dir() / "submissions"; }

SweepData some_data(const std::string&, const Config& config) {
  return {"/data/tokens", {"tokens", config.data.caseops ? "cased" : "plain"}};
}

TEST(SweepPlanTest, SeedsAreNumbersAndRanges) {
  EXPECT_THAT(parse_seeds("1-3,7"), ElementsAre(1, 2, 3, 7));
  EXPECT_THAT(parse_seeds("0"), ElementsAre(0));
  for (const char* wrong : {"", "x", "1,", "3-1", "-1", "1-", "1,1", "1-99999999", "1.5"})
    EXPECT_EQ(error_of([&] { parse_seeds(wrong); }).kind(), ErrorKind::usage) << wrong;
}

TEST(SweepPlanTest, ValuesOfAFieldAreSplitOutsideOfBracketsAndQuotes) {
  EXPECT_THAT(set_values("muon.lr=0.02,0.03"), ElementsAre("muon.lr=0.02", "muon.lr=0.03"));
  EXPECT_THAT(set_values("model.value_embed_layers=[1,2],[]"),
              ElementsAre("model.value_embed_layers=[1,2]", "model.value_embed_layers=[]"));
  EXPECT_THAT(set_values("a.b=\"x,y\""), ElementsAre("a.b=\"x,y\""));
  EXPECT_EQ(error_of([] { set_values("nothing"); }).kind(), ErrorKind::usage);
}

TEST(SweepPlanTest, EveryCombinationOnceWithItsPinnedConfiguration) {
  SweepRequest request;
  request.submissions = {"334"}, request.profiles = {"demo"}, request.seeds = {1, 2};
  request.sets = {"muon.lr=0.02,0.03", "model.smear=none,fixed"};
  const SweepPlan plan = plan_sweep(request, root(), some_data);
  ASSERT_EQ(plan.variants.size(), 4u);
  EXPECT_EQ(plan.tasks(), 8u);
  // 334 has smear = "fixed": the second value is its own, and no override.
  EXPECT_THAT((std::set<std::string>{plan.variants[0].name, plan.variants[1].name}),
              UnorderedElementsAre("pr-334@demo+model.smear=none+muon.lr=0.02", "pr-334@demo+muon.lr=0.02"));
  std::set<std::string> hashes;
  for (size_t task = 0; task < plan.tasks(); ++task) hashes.insert(plan.pinned_of(task));
  EXPECT_EQ(hashes.size(), 8u);
  EXPECT_EQ(plan.seed_of(3), 1);
  EXPECT_EQ(plan.seed_of(4), 2);
  ResolveRequest one;
  one.profile = "demo", one.seed = 2, one.sets = plan.variants[0].sets, one.data = PinnedData{"tokens", "plain"};
  EXPECT_EQ(plan.pinned_of(4), pinned_sha256(resolve(load_submission(root() / "pr-334"), one).pinned));
}

TEST(SweepPlanTest, WhatCannotBePlannedIsRefused) {
  const auto refusal = [](std::vector<std::string> sets) {
    SweepRequest request;
    request.submissions = {"334"}, request.profiles = {"demo"}, request.seeds = {1}, request.sets = std::move(sets);
    return std::string(error_of([&] { plan_sweep(request, root(), some_data); }).what());
  };
  EXPECT_THAT(refusal({"muon.lr=0.02,0.02"}), HasSubstr("is asked for twice"));
  EXPECT_THAT(refusal({"muon.rl=0.02"}), HasSubstr("did you mean 'muon.lr'?"));
  EXPECT_THAT(refusal({"model.num_heads=4,3"}), HasSubstr("num_heads"));
}

TEST(SweepPlanTest, IsReadBackAsWrittenAndGuarded) {
  const TempDirectory directory;
  SweepRequest request;
  request.submissions = {"334"}, request.profiles = {"demo"}, request.seeds = {5};
  const SweepPlan plan = plan_sweep(request, root(), some_data);
  const auto dir = directory.path() / "sweep";
  EXPECT_EQ(error_of([&] { read_plan(dir); }).kind(), ErrorKind::not_found);
  write_plan(dir, plan);
  EXPECT_EQ(plan_to_json(read_plan(dir)), plan_to_json(plan));
  EXPECT_EQ(error_of([&] { write_plan(dir, plan); }).kind(), ErrorKind::usage);
  check_unchanged(plan, root());
  for (const auto& [from, to, kind] : {std::tuple("sweep/1", "sweep/2", ErrorKind::usage),
                                       {"\"plain\"", "\"round\"", ErrorKind::submission},
                                       {"\"seeds\"", "\"sods\"", ErrorKind::submission},
                                       {"[\n  5\n ]", "[]", ErrorKind::submission}}) {
    std::string text = read_text(dir / "sweep.json");
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    directory.file("bad/sweep.json", text.replace(at, std::string(from).size(), to));
    EXPECT_EQ(error_of([&] { read_plan(directory.path() / "bad"); }).kind(), kind) << from;
  }
}

TEST(SweepPlanTest, ASubmissionThatChangedSinceIsTold) {
  const TempDirectory directory;
  const std::string text =
      "format = \"pgolf.submission/1\"\nextends = \"pr-334\"\n[submission]\nid = \"mine\"\ntitle = \"m\"\n";
  directory.file("mine/submission.toml", text);
  SweepRequest request;
  request.submissions = {(directory.path() / "mine").string()}, request.profiles = {"demo"}, request.seeds = {1};
  const SweepPlan plan = plan_sweep(request, root(), some_data);
  check_unchanged(plan, root());
  directory.file("mine/submission.toml", text + "[config.muon]\nlr = 0.5\n");
  EXPECT_THAT(error_of([&] { check_unchanged(plan, root()); }).what(),
              HasSubstr("changed since this sweep was planned"));
}

AblationRequest of_2143(std::vector<std::string> techniques, const std::string& in_from = "") {
  AblationRequest out;
  out.submission = "2143", out.in_from = in_from, out.techniques = std::move(techniques), out.seeds = {1, 2, 3};
  out.resolve.profile = "demo";
  return out;
}

TEST(AblationTest, TakesOneTechniqueOutAtATime) {
  const SweepPlan plan = plan_ablation(of_2143({"XSA", "model.smear"}), root(), some_data);
  ASSERT_TRUE(plan.is_ablation());
  ASSERT_EQ(plan.variants.size(), 3u);
  EXPECT_THAT(plan.variants[0].sets, ElementsAre());
  EXPECT_EQ(plan.variants[1].name, "without XSA");
  EXPECT_THAT(plan.variants[1].sets, ElementsAre("model.xsa_last_n=0"));
  EXPECT_THAT(plan.variants[2].sets, ElementsAre("model.smear=\"none\""));
  EXPECT_EQ(plan.tasks(), 9u);
}

TEST(AblationTest, EveryTechniqueIsPlannedOrNamedWithTheReason) {
  const SweepPlan plan = plan_ablation(of_2143({}), root(), some_data);
  EXPECT_GE(plan.variants.size(), 15u);
  for (const SkippedTechnique& skipped : plan.skipped) EXPECT_NE(skipped.why, "") << skipped.name;
}

TEST(AblationTest, AddsEachToABase) {
  const SweepPlan plan = plan_ablation(of_2143({"leaky squared activation"}, "334"), root(), some_data);
  ASSERT_EQ(plan.variants.size(), 2u);
  EXPECT_EQ(plan.variants[0].submission, "pr-334");
  EXPECT_EQ(plan.variants[1].name, "with leaky squared activation");
  EXPECT_EQ(plan.variants[1].role, VariantRole::in);
}

TEST(AblationTest, WhatIsNotThereIsNamed) {
  const auto refusal = [](AblationRequest request) {
    return std::string(error_of([&] { plan_ablation(request, root(), some_data); }).what());
  };
  EXPECT_THAT(refusal(of_2143({"XSB"})), HasSubstr("did you mean 'XSA'?"));
  EXPECT_THAT(refusal(of_2143({"hedge mixer"})), HasSubstr("does not use hedge mixer"));
}

TEST(SlotsTest, AsManyAsFit) {
  const MachineRoom cpu{.cores = 8, .free_bytes = 10'000, .gpus = {}};
  EXPECT_EQ(slots_for(cpu, 1'000, "auto", false, 100).devices.size(), 8u);
  EXPECT_EQ(slots_for(cpu, 1'000, "auto", false, 100).threads, 1);
  EXPECT_EQ(slots_for(cpu, 4'000, "auto", false, 100).devices.size(), 2u);
  EXPECT_EQ(slots_for(cpu, 4'000, "auto", false, 100).threads, 4);
  EXPECT_EQ(slots_for(cpu, 40'000, "auto", false, 100).devices.size(), 1u);  // whether it fits, its own check says
  EXPECT_EQ(slots_for(cpu, 1'000, "auto", true, 100).devices.size(), 1u);
  EXPECT_EQ(slots_for(cpu, 1'000, "auto", false, 3).devices.size(), 3u);
  const MachineRoom gpus{.cores = 8, .free_bytes = 10, .gpus = {"cuda:0", "cuda:1"}};
  EXPECT_THAT(slots_for(gpus, 1'000, "auto", false, 9).devices, ElementsAre("cuda:0", "cuda:1"));
  EXPECT_THAT(slots_for(gpus, 1'000, "cuda:1", false, 9).devices, ElementsAre("cuda:1"));
  EXPECT_EQ(slots_for(gpus, 5, "cpu", false, 9).devices.size(), 2u);
}

}  // namespace
}  // namespace pgolf
