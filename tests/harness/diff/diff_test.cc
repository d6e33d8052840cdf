#include "harness/diff/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DiffTest : public HarnessFixture {
 protected:
  DiffTest() : store_(Store::open(workspace().database())) {}

  // A run in the record with this configuration, loss curve and artifact.
  void add(const std::string& id, const std::string& pinned_sha256, const Json& config,
           const std::vector<CurvePoint>& loss, const std::string& artifact_sha256) {
    store_.transact([&] {
      store_.put_submission({.id = "pr-334",
                             .title = "t",
                             .author = "a",
                             .track = "x",
                             .upstream_commit = "c",
                             .pr = 334,
                             .code_bytes = 1,
                             .document = "{}"});
      const Json pinned = {{"sha256", pinned_sha256},
                           {"profile", "demo"},
                           {"config", config},
                           {"data", {{"name", "d"}, {"manifest_sha256", "ff"}}}};
      store_.put_pinned({pinned_sha256, "pr-334", "demo", false, 1, 1, pinned.dump()});
      RunRow run;
      run.id = id, run.pinned = pinned_sha256, run.directory = id, run.command = "[]";
      store_.create_run(run);
      store_.put_environment(id, {{"cpu", id}, {"kernel", "6.1"}});
      store_.put_metric(id, "val_bpb", loss.back().value / 2);
      store_.put_metric(id, "tok_per_s", static_cast<double>(id.size()));
      store_.put_curve(id, "train_loss", loss);
      store_.put_artifact({id, "artifact", "artifact.bin", artifact_sha256, 100, "{}", ""});
    });
  }
  RunDiff diff(const std::string& a, const std::string& b) {
    return diff_runs(store_, store_.load_run(a), store_.load_run(b));
  }
  static std::vector<std::string> names(const std::vector<FieldDifference>& fields) {
    std::vector<std::string> out;
    for (const FieldDifference& f : fields) out.push_back(f.name);
    return out;
  }

  Store store_;
};

const Json kConfig = {{"train", {{"iterations", 300}, {"log_every", 10}}}, {"muon", {{"lr", 0.02}}}};

TEST_F(DiffTest, TimesAndMachinesDoNotMakeRunsDiffer) {
  add("a", "p1", kConfig, {{1, 10.0, 5}, {2, 20.0, 4}}, "aa");
  add("bb", "p1", kConfig, {{1, 11.0, 5}, {2, 23.0, 4}}, "aa");
  const RunDiff d = diff("a", "bb");
  EXPECT_TRUE(d.same());
  EXPECT_THAT(names(d.environment), ElementsAre("cpu"));
  EXPECT_THAT(names(d.times), ElementsAre("tok_per_s"));
  EXPECT_THAT(d.configuration, IsEmpty());
  ASSERT_EQ(d.curves.size(), 1u);
  EXPECT_FALSE(d.curves[0].first_step);
  EXPECT_THAT(diff_to_text(d), HasSubstr("the two runs computed the same"));
  EXPECT_EQ(diff_to_json(d).at("same"), true);
}

// A run of an older pgolf has no loss of rank 0; that is no difference of what was computed.
TEST_F(DiffTest, ALossOfRank0ThatOneLacksIsNoDifference) {
  add("a", "p1", kConfig, {{1, 10.0, 5}, {2, 20.0, 4}}, "aa");
  add("b", "p1", kConfig, {{1, 10.0, 5}, {2, 20.0, 4}}, "aa");
  store_.put_curve("b", "rank0_loss", {{1, 10.0, 5.5}});
  EXPECT_TRUE(diff("a", "b").same());
  store_.put_curve("a", "rank0_loss", {{1, 10.0, 5.25}});
  EXPECT_FALSE(diff("a", "b").same());
}

TEST_F(DiffTest, NamesTheFieldTheStepAndTheHash) {
  Json other = kConfig;
  other["train"]["iterations"] = 400;
  other["muon"]["decay"] = 0.1;
  add("a", "p1", kConfig, {{1, 10.0, 5}, {2, 20.0, 4}, {3, 30.0, 3.5}, {4, 40.0, 3.0}}, "aa");
  add("b", "p2", other, {{1, 10.0, 5}, {2, 20.0, 4}, {3, 30.0, 3.0}, {4, 40.0, 3.25}, {5, 50.0, 2}}, "bb");
  const RunDiff d = diff("a", "b");
  EXPECT_FALSE(d.same());
  EXPECT_THAT(names(d.configuration), ElementsAre("config.muon.decay", "config.train.iterations"));
  EXPECT_TRUE(d.configuration[0].a.is_null());
  EXPECT_EQ(d.configuration[0].b, 0.1);
  EXPECT_EQ(d.configuration[1].a, 300);
  EXPECT_EQ(d.configuration[1].b, 400);
  EXPECT_THAT(names(d.artifact), ElementsAre("artifact.sha256"));
  EXPECT_THAT(names(d.result), ElementsAre("val_bpb"));
  EXPECT_THAT(d.data, IsEmpty());
  const CurveDifference& c = d.curves.at(0);
  EXPECT_EQ(c.first_step, 3);
  EXPECT_EQ(c.max_difference, 0.5);
  EXPECT_EQ(c.max_step, 3);
  EXPECT_EQ(c.points_a, 4);
  EXPECT_EQ(c.points_b, 5);
  const Json j = diff_to_json(d);
  EXPECT_EQ(j.at("format"), "pgolf.diff/1");
  EXPECT_EQ(j.at("curves").at(0).at("first_step"), 3);
  EXPECT_EQ(j.at("configuration").at(1).at("field"), "config.train.iterations");
}

TEST_F(DiffTest, ACurveThatIsAPrefixDiffersWhereItEnds) {
  add("a", "p1", kConfig, {{1, 10.0, 5}, {2, 20.0, 4}}, "aa");
  add("b", "p1", kConfig, {{1, 10.0, 5}, {2, 20.0, 4}, {3, 30.0, 4}}, "aa");
  const RunDiff d = diff("b", "a");
  EXPECT_EQ(d.curves.at(0).first_step, 3);
  EXPECT_EQ(d.curves.at(0).max_difference, 0);
  EXPECT_FALSE(d.same());
}

TEST_F(DiffTest, TheVerbExitsLikeDiff) {
  add("run-a", "p1", kConfig, {{1, 10.0, 5}}, "aa");
  add("run-b", "p1", kConfig, {{1, 10.0, 5}}, "aa");
  add("run-c", "p1", kConfig, {{1, 10.0, 6}}, "cc");
  const auto pgolf = [&](const char* a, const char* b) {
    return run_command({pgolf_program().string(), "diff", a, b, "--json"}, {"PGOLF_HOME=" + workspace().home.string()});
  };
  EXPECT_EQ(pgolf("run-a", "run-b").exit_code, 0);
  const CommandResult r = pgolf("run-a", "run-c");
  EXPECT_EQ(r.exit_code, 1);
  EXPECT_EQ(Json::parse(r.out).at("same"), false);
  EXPECT_EQ(pgolf("run-a", "run-x").exit_code, 7);
}

}  // namespace
}  // namespace pgolf
