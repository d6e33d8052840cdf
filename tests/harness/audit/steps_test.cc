// Steps of real trainings, trained again: of honest runs, of one that claims another gradient at one step, and of
// states that are not what was kept.
#include "harness/audit/steps.h"

#include "engine/evidence/leaves.h"
#include "tests/harness/audit/audit_fixture.h"

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

std::vector<std::pair<int64_t, int64_t>> stretches(const std::vector<int64_t>& drawn,
                                                   const std::vector<int64_t>& kept) {
  std::vector<std::pair<int64_t, int64_t>> out;
  for (const AuditReplay& replay : replays_for(drawn, kept)) out.emplace_back(replay.from, replay.to);
  return out;
}

TEST(DrawnSteps, AreDistinctAscendingAndTheSeedsAlone) {
  EXPECT_EQ(drawn_steps(7000, {5, 7}), drawn_steps(7000, {5, 7}));
  EXPECT_NE(drawn_steps(7000, {5, 7}), drawn_steps(7000, {5, 8}));
  EXPECT_THAT(drawn_steps(4, {9, 1}), ElementsAre(1, 2, 3, 4));
  std::vector<int> seen(21);
  for (int64_t seed = 0; seed < 2000; ++seed) {
    const auto drawn = drawn_steps(20, {3, seed});
    ASSERT_EQ(drawn.size(), 3U);
    ASSERT_TRUE(drawn[0] < drawn[1] && drawn[1] < drawn[2]);
    for (const int64_t step : drawn) ++seen.at(static_cast<size_t>(step));
  }
  EXPECT_EQ(seen[0], 0);
  for (int step = 1; step <= 20; ++step) EXPECT_NEAR(seen[static_cast<size_t>(step)], 300, 80) << step;  // 5 sigma
}

// A step that has a state is trained from the one before it: its own is what is in question.
TEST(ReplaysFor, BeginAtTheNearestStateBefore) {
  EXPECT_THAT(stretches({3, 9, 10, 11, 25}, {10, 20}),
              ElementsAre(std::pair(0, 10), std::pair(10, 11), std::pair(20, 25)));
  EXPECT_THAT(stretches({5, 6}, {}), ElementsAre(std::pair(0, 6)));
  EXPECT_THAT(stretches({1}, {1, 2}), ElementsAre(std::pair(0, 1)));
  EXPECT_THAT(stretches({}, {1}), ElementsAre());
}

class StepsTest : public AuditTest {
 protected:
  // Of five steps, with states after the second and the fourth.
  Json hashed_run(const std::string& data) const { return tiny_run(data, "5", {"--checkpoint-every", "2"}); }
  fs::path directory_of(const std::string& run, const std::string& home = "home") const {
    return directory_.path() / home / run;
  }
};

TEST_F(StepsTest, AnHonestRunIsTheSameInOneProcessAndTwo) {
  const std::string data = text();
  const Json run = hashed_run(data);
  const std::string id = run.at("run_id");
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(directory_of(id) / "states"))
    files.push_back(entry.path().filename().string());
  EXPECT_THAT(files,
              testing::UnorderedElementsAre("leaves.bin", "step-0000002.safetensors", "step-0000004.safetensors"));
  const Json plain = tiny_run(data, "5");
  EXPECT_EQ(plain.at("artifact").at("sha256"), run.at("artifact").at("sha256"));  // hashing changes no bit
  for (const std::vector<std::string>& more :
       {std::vector<std::string>{"--steps", "5"}, {"--steps", "2", "--seed", "3", "--ranks", "2"}}) {
    std::vector<std::string> argv = {"audit", id};
    argv.insert(argv.end(), more.begin(), more.end());
    const Json audit = json(pgolf(argv), 0), steps = audit.at("steps");
    EXPECT_TRUE(steps.at("first_difference").is_null()) << audit;
    EXPECT_TRUE(steps.at("same_kind").get<bool>());
    EXPECT_EQ(audit.at("strict"), "pass");
    EXPECT_THAT(std::string(audit.at("reason")), EndsWith("trained again: the same bits"));
    if (more.size() > 2)
      EXPECT_EQ(steps.at("seed"), 3);
    else
      EXPECT_EQ(steps.at("trained"), 5);
  }
  const CommandResult unhashed = pgolf({"audit", std::string(plain.at("run_id")), "--steps", "1"});
  EXPECT_EQ(unhashed.exit_code, 2);
  EXPECT_THAT(unhashed.out, HasSubstr("its steps were not hashed"));
  const Json again = json(pgolf({"audit", std::string(plain.at("run_id"))}), 0);
  EXPECT_TRUE(again.at("steps").is_null());
}

// The log claims another root for step 3; the leaves that it is the root of have one gradient otherwise.
TEST_F(StepsTest, OneGradientOfOneStepIsNamed) {
  const std::string data = text();
  const std::string id = hashed_run(data).at("run_id");
  constexpr int64_t kStep = 3;
  const fs::path honest = directory_of(id) / "states/leaves.bin";
  const LeavesFile leaves(honest);
  const auto& names = leaves.layout().names;
  const size_t leaf =
      static_cast<size_t>(std::find(names.begin(), names.end(), "gradient blocks.0.attn.c_q.weight") - names.begin());
  ASSERT_LT(leaf, names.size());
  std::vector<Digest> row = leaves.leaves(kStep).value();
  const std::string root = hex(roots_of(leaves.layout(), row).root);
  const std::string before(reinterpret_cast<const char*>(row[leaf].data()), sizeof(Digest));
  row[leaf][7] ^= std::byte{1};
  const std::string claimed = hex(roots_of(leaves.layout(), row).root);
  const std::string bundle = forged(
      id, [&](BundleContents& c) { replace_all(c.files.at("run/train.events.jsonl"), root, claimed); }, "train");

  const CommandResult taken = pgolf({"bundle", "import", bundle}, "other");
  const std::string imported = Json::parse(taken.out).at("run_id");
  const Json bare = json(pgolf({"audit", imported, "--data", data, "--steps", "5"}, "other"), 1);
  EXPECT_THAT(std::string(bare.at("steps").at("first_difference")),
              HasSubstr("step 3: the root of its hashes is " + claimed.substr(0, 12) + " there, " + root.substr(0, 12) +
                        " here; its leaves are not there"));
  EXPECT_THAT(std::string(bare.at("steps").at("first_difference_at")), testing::StartsWith("train.events.jsonl:"));
  EXPECT_EQ(bare.at("strict"), "fail");
  EXPECT_EQ(bare.at("tier"), "claimed");
  EXPECT_TRUE(bare.at("first_difference").is_null());  // the artifact scores as it says

  std::string bytes = read_text(honest);
  const size_t at =
      bytes.find(before, static_cast<size_t>(fs::file_size(honest)) - (5 - kStep + 1) * names.size() * sizeof(Digest));
  std::copy_n(reinterpret_cast<const char*>(row[leaf].data()), sizeof(Digest), bytes.begin() + static_cast<long>(at));
  fs::create_directories(directory_of(imported, "other") / "states");
  write_file_atomic(directory_of(imported, "other") / "states/leaves.bin", bytes);
  const Json named = json(pgolf({"audit", imported, "--data", data, "--steps", "5"}, "other"), 1);
  EXPECT_THAT(
      std::string(named.at("steps").at("first_difference")),
      EndsWith(fmt::format("'gradient blocks.0.attn.c_q.weight' is the first of 1 leaves that differ, of {}: the "
                           "forward or backward pass, or the mean over ranks",
                           names.size())));
  EXPECT_THAT(std::string(named.at("reason")), testing::StartsWith("trained again: step 3: "));
}

TEST_F(StepsTest, AStateThatIsNotWhatWasKeptIsRefusedInOneLine) {
  const std::string id = hashed_run(text()).at("run_id");
  const fs::path state = directory_of(id) / "states/step-0000004.safetensors";
  const std::string good = read_text(state);
  const auto refusal = [&](const std::string& bytes) {
    write_file_atomic(state, bytes);
    const CommandResult result = pgolf({"audit", id, "--steps", "5"});
    EXPECT_EQ(result.exit_code, 4) << result.out;
    EXPECT_FALSE(fs::exists(directory_.path() / "home/audits" / id));
    return result.out;
  };
  std::string damaged = good, newer = good;
  damaged[damaged.size() / 2] ^= 1;
  EXPECT_THAT(refusal(damaged), HasSubstr("step-0000004.safetensors: damaged: "));
  newer.replace(newer.find("pgolf.state/1"), 13, "pgolf.state/2");
  EXPECT_THAT(refusal(newer), HasSubstr("this program reads pgolf.state/1; use a newer pgolf"));
  write_file_atomic(state, good);
  json(pgolf({"audit", id, "--steps", "5"}), 0);
}

TEST_F(StepsTest, TooManyStatesAreRefusedBeforeTheRun) {
  const CommandResult result = pgolf({"reproduce", "334", "--data", text(), "--checkpoint-every", "1"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.out, HasSubstr("--checkpoint-every 1: "));
}

}  // namespace
}  // namespace pgolf
