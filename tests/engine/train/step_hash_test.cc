// Hashes of steps and states of trainings: the same however a training is cut into processes and threads, and another
// as soon as a bit is.
#include "engine/train/step_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "engine/core/parallel.h"
#include "engine/dist/launch.h"
#include "tests/engine/train/train_fixture.h"
#include "tests/support/error_of.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

// A shard for each of four ranks.
std::vector<std::vector<uint16_t>> four_shards(const Config& config) {
  std::vector<std::vector<uint16_t>> out;
  for (const uint32_t seed : {11U, 12U, 13U, 14U}) out.push_back(learnable_tokens(config, 3000, seed));
  return out;
}

// A training of 8 steps, hashed, in as many processes as are asked for.
class HashedTraining {
 public:
  explicit HashedTraining(const Config& config, HashedSteps hashed = {.save_every = 3, .state = {}})
      : fixture_(config, 3, four_shards(config)) {
    options_ = fixture_.options();
    options_.hashed = std::move(hashed);
  }

  void follow(const HashedTraining& recorded) {
    fixture_.follow(recorded.fixture_);
    options_.schedule = fixture_.options().schedule;
  }
  void run() { run_train(options_); }
  // `around` may stand between a process and the others.
  template <class Around>
  void run_in(int processes, Around around) {
    set_num_threads(1);  // threads would not live on in the processes
    const int status = launch(
        processes, [](int) { return kCpu; },
        [&](Comm& comm) {
          auto told = around(comm);
          PhaseOptions options = options_;
          options.comm = &told;
          run_train(options);
        });
    ASSERT_EQ(status, 0);
  }

  std::map<int64_t, StateEvent> states() const {
    std::map<int64_t, StateEvent> out;
    for (const EventRecord& record : read_events(options_.run_dir / events_file("train")).events)
      if (const auto* state = std::get_if<StateEvent>(&record.event)) out[state->step] = *state;
    return out;
  }
  LeavesFile leaves() const { return LeavesFile(options_.run_dir / kStatesDirectory / kLeavesFile); }
  fs::path state(int64_t step) const { return options_.run_dir / kStatesDirectory / state_file(step); }
  PhaseOptions& options() { return options_; }

 private:
  TrainFixture fixture_;
  PhaseOptions options_;
};

// Passes everything on; on its way from process 1 one bit of one gradient of one step is changed.
class FaultyLink : public Comm {
 public:
  FaultyLink(Comm& inner, int64_t step, int64_t element, int64_t sent_elements)
      : inner_(inner), step_(step), element_(element), sent_elements_(sent_elements) {}
  int process() const override { return inner_.process(); }
  int processes() const override { return inner_.processes(); }
  std::string broadcast(std::string bytes) override { return inner_.broadcast(std::move(bytes)); }
  std::vector<std::string> gather(std::string bytes) override { return inner_.gather(std::move(bytes)); }
  std::string link() const override { return inner_.link(); }
  void beat() override { inner_.beat(); }
  void exchange(Context& ctx, const std::vector<Parcel>& sends, const std::vector<Parcel>& receives) override {
    const bool is_gradient = sends.size() == 1 && sends[0].tensor.numel() == sent_elements_;
    // Twice a step: the partial sums, then the sum.
    if (is_gradient && process() == 1 && seen_++ == 2 * (step_ - 1))
      static_cast<uint32_t*>(sends[0].tensor.data)[element_] ^= 1U << 20;
    inner_.exchange(ctx, sends, receives);
  }

 private:
  Comm& inner_;
  int64_t step_, element_, sent_elements_, seen_ = 0;
};

void expect_same(const std::map<int64_t, StateEvent>& actual, const std::map<int64_t, StateEvent>& expected,
                 int64_t from = 1) {
  for (const auto& [step, state] : expected) {
    if (step < from) continue;
    ASSERT_TRUE(actual.contains(step)) << step;
    EXPECT_EQ(actual.at(step).root, state.root) << "step " << step;
    EXPECT_EQ(actual.at(step).state, state.state) << "step " << step;
  }
}

class StepHashOf : public testing::TestWithParam<const char*> {};

TEST_P(StepHashOf, SameRootsForThreadsAndProcessesAndWithoutAnyTheSameWeights) {
  const Config config = short_training(GetParam(), 4);
  set_num_threads(2);
  HashedTraining alone(config);
  alone.run();
  const auto expected = alone.states();
  ASSERT_EQ(expected.size(), 8U);
  for (const int processes : {2, 4}) {
    HashedTraining shared(config);
    shared.run_in(processes, [](Comm& comm) { return FaultyLink(comm, 0, 0, 0); });
    expect_same(shared.states(), expected);
    for (const int64_t step : {3, 6}) EXPECT_EQ(read_text(shared.state(step)), read_text(alone.state(step)));
    EXPECT_EQ(read_text(shared.options().checkpoint), read_text(alone.options().checkpoint));
  }
  HashedTraining plain(config, {});
  plain.run();
  EXPECT_EQ(read_text(plain.options().checkpoint), read_text(alone.options().checkpoint));
  EXPECT_FALSE(fs::exists(plain.options().run_dir / kStatesDirectory));
}

// From the start and from every state, in one process and in two.
TEST_P(StepHashOf, ATrainingGoesOnFromAStateBitForBit) {
  const Config config = short_training(GetParam(), 2);
  HashedTraining first(config);
  first.run();
  const auto expected = first.states();
  for (const auto& [from, until] : {std::pair<int64_t, int64_t>{0, 4}, {3, 5}, {6, 8}}) {
    HashedSteps hashed{.save_every = 0, .state = {}, .until = until};
    if (from > 0) hashed.state = first.state(from);
    HashedTraining again(config, hashed);
    again.follow(first);
    if (from == 3)
      again.run_in(2, [](Comm& comm) { return FaultyLink(comm, 0, 0, 0); });
    else
      again.run();
    const auto states = again.states();
    EXPECT_EQ(states.begin()->first, std::max<int64_t>(from, 1));
    EXPECT_EQ(states.rbegin()->first, until);
    if (from > 0) {
      EXPECT_EQ(states.at(from).state, expected.at(from).state);
      EXPECT_EQ(states.at(from).root, "");
    }
    for (int64_t step = from + 1; step <= until; ++step) {
      EXPECT_EQ(states.at(step).root, expected.at(step).root) << step;
      EXPECT_EQ(again.leaves().leaves(step), first.leaves().leaves(step)) << step;
    }
    EXPECT_FALSE(again.leaves().leaves(from));
    EXPECT_FALSE(fs::exists(again.options().checkpoint));
  }
}

// The leaves of a step hash to its root; state and inputs are told apart.
TEST_P(StepHashOf, LeavesHashToTheRoot) {
  HashedTraining training(short_training(GetParam(), 2));
  training.run();
  const LeavesFile leaves = training.leaves();
  const auto& names = leaves.layout().names;
  EXPECT_EQ(names.front(), "batch 0.0");
  EXPECT_EQ(names.back(), "counters");
  EXPECT_THAT(names[static_cast<size_t>(leaves.layout().inputs) - 1], StartsWith("gradient "));
  EXPECT_THAT(names[static_cast<size_t>(leaves.layout().inputs)], StartsWith("first "));
  for (const auto& [step, state] : training.states()) {
    const StepRoots roots = roots_of(leaves.layout(), leaves.leaves(step).value());
    EXPECT_EQ(hex(roots.root), state.root);
    EXPECT_EQ(hex(roots.state), state.state);
  }
}

INSTANTIATE_TEST_SUITE_P(Submissions, StepHashOf, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return std::string("Pr") + info.param; });

// Both processes hold the same wrong sum then, and nothing else tells.
TEST(StepHash, OneBitOfOneGradientIsNamedAtItsStep) {
  const Config config = short_training("334", 2);
  Config cold = config;
  cold.train.warmup_steps = 0;
  HashedTraining honest(cold);
  honest.run();
  Context ctx(kMeta);
  const Params params(ctx, cold.model);
  const int64_t half = (params.num_flat() / 2 + 63) / 64 * 64;
  const auto& list = params.list();
  const auto hit = std::find_if(list.begin(), list.end(), [](const Param& p) { return p.name.starts_with("blocks."); });
  ASSERT_LT(hit->offset + 5, half);
  constexpr int64_t kStep = 5;
  HashedTraining faulty(cold);
  faulty.run_in(2, [&](Comm& comm) { return FaultyLink(comm, kStep, hit->offset + 5, half); });
  const auto expected = honest.states(), found = faulty.states();
  for (int64_t step = 1; step <= 8; ++step)
    EXPECT_EQ(found.at(step).root == expected.at(step).root, step < kStep) << step;
  const auto theirs = faulty.leaves().leaves(kStep).value(), ours = honest.leaves().leaves(kStep).value();
  const LeafLayout layout = honest.leaves().layout();
  std::vector<std::string> differ;
  for (size_t i = 0; i < ours.size(); ++i)
    if (theirs[i] != ours[i]) differ.push_back(layout.names[i]);
  ASSERT_FALSE(differ.empty());
  EXPECT_EQ(differ[0], "gradient " + hit->name);
  EXPECT_EQ(std::count_if(differ.begin(), differ.end(), [](const auto& n) { return n.starts_with("gradient "); }), 1);
  EXPECT_EQ(leaf_op(differ[0]), "the forward or backward pass, or the mean over ranks");
}

// A state whose bytes, words or version are not what was written is refused in one line.
TEST(StepHash, DamagedAndNewerStatesAreRefused) {
  const Config config = short_training("754", 1);
  HashedTraining first(config);
  first.run();
  const std::string good = read_text(first.state(3));
  const auto refusal = [&](const std::string& bytes, const Config& of) {
    TempDirectory place;
    write_file_atomic(place / "state.safetensors", bytes);
    HashedTraining again(of, {.state = place / "state.safetensors", .until = 5});
    again.follow(first);
    if (again.options().schedule) again.options().schedule->config_sha256 = pinned_sha256(again.options().pinned);
    const Error error = error_of([&] { again.run(); });
    EXPECT_EQ(error.kind(), ErrorKind::submission);
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    return std::string(error.what());
  };
  std::string bytes = good;
  bytes[bytes.size() - 9] ^= 1;
  EXPECT_THAT(refusal(bytes, config), HasSubstr("damaged: its tensors hash to "));
  EXPECT_THAT(refusal(good.substr(0, good.size() - 4), config), HasSubstr("state.safetensors"));
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string out = good;
    out.replace(out.find(from), from.size(), to);
    return out;
  };
  EXPECT_THAT(refusal(replaced("pgolf.state/1", "pgolf.state/2"), config),
              HasSubstr("format pgolf.state/2, this program reads pgolf.state/1; use a newer pgolf"));
  EXPECT_THAT(refusal(replaced("pgolf.state/1", "pgolf.thing/1"), config), HasSubstr("not the state of a training"));
  EXPECT_THAT(refusal(replaced("\\\"step\\\":3", "\\\"step\\\":4"), config), HasSubstr("damaged"));
  Config other = config;
  other.muon.lr *= 2;
  EXPECT_THAT(refusal(good, other), HasSubstr("of another configuration"));
}

TEST(StepHash, AStateNeedsARecordedClock) {
  const Config config = short_training("334", 1);
  HashedTraining first(config);
  first.run();
  HashedTraining again(config, {.state = first.state(3), .until = 5});
  const Error error = error_of([&] { again.run(); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), HasSubstr("name it with --schedule"));
}

}  // namespace
}  // namespace pgolf
