// Steps that were trained again against what the training left of them.
#include "judge/step_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

EventsFile log_of(const std::vector<Event>& events) {
  EventsFile out;
  int64_t line = 2;
  for (const Event& event : events) out.events.push_back({line++, 0, event});
  return out;
}

StepEvent step(int64_t number, double loss) { return {.step = number, .train_loss = loss}; }

const EventsFile kThere = log_of({step(1, 2.5), StateEvent{1, "s1", "r1"}, step(2, 2.25), StateEvent{2, "s2", "r2"},
                                  step(3, 2.125), StateEvent{3, "s3", "r3"}});

TEST(FirstStepDifference, EqualStepsHaveNone) {
  EXPECT_EQ(first_step_difference(kThere, kThere).step, 0);
  const EventsFile from_two = log_of({StateEvent{2, "s2", ""}, step(3, 2.125), StateEvent{3, "s3", "r3"}});
  EXPECT_EQ(first_step_difference(kThere, from_two).step, 0);
  EXPECT_EQ(root_of(kThere, 2), "r2");
  EXPECT_EQ(root_of(from_two, 2), "");
  EXPECT_EQ(root_of(kThere, 4), "");
}

TEST(FirstStepDifference, IsNamedWithItsLine) {
  const auto found = [](const std::vector<Event>& here) { return first_step_difference(kThere, log_of(here)); };
  StepDifference d = found({step(2, 2.25), StateEvent{2, "s2", "x2"}, step(3, 2.125), StateEvent{3, "s3", "x3"}});
  EXPECT_EQ(d.step, 2);
  EXPECT_EQ(d.line, 5);
  EXPECT_EQ(d.text, "step 2: the root of its hashes is r2 there, x2 here");
  d = found({StateEvent{2, "t2", ""}});
  EXPECT_EQ(d.text, "step 2: the state that was kept after it hashes to s2 there, t2 here");
  EXPECT_EQ(d.line, 5);
  d = found({step(3, std::nextafter(2.125, 3)), StateEvent{3, "s3", "r3"}});
  EXPECT_EQ(d.text, "step 3: training loss 2.125 there, 2.1250000000000004 here");
  EXPECT_EQ(d.line, 6);
  d = found({step(4, 2), StateEvent{4, "s4", "r4"}});
  EXPECT_EQ(d.text, "step 4 has no hash there");
  EXPECT_EQ(d.line, 0);
}

// Leaves of two steps, of which `change` changes one digest in the second.
class FirstLeafDifference : public testing::Test {
 protected:
  const LeafLayout layout_{{"batch 0.0", "gradient a", "first a", "weight a", "counters"}, 2};
  static std::vector<Digest> row(int tag) {
    std::vector<Digest> out(5);
    for (size_t i = 0; i < out.size(); ++i) out[i].fill(std::byte(16 * tag + static_cast<int>(i)));
    return out;
  }
  LeavesFile file(const std::string& name, const std::vector<Digest>& second, const LeafLayout& layout) const {
    LeavesWriter writer(directory_ / name, "c0", layout, 7);
    writer.add(row(1)), writer.add(second);
    writer.sync();
    return LeavesFile(directory_ / name);
  }
  TempDirectory directory_;
};

TEST_F(FirstLeafDifference, NamesLeafAndWhatComputesIt) {
  std::vector<Digest> changed = row(2);
  changed[2][31] ^= std::byte{1}, changed[3][0] ^= std::byte{1};
  const LeavesFile here = file("here", row(2), layout_), there = file("there", changed, layout_);
  const std::string root = hex(roots_of(layout_, changed).root);
  EXPECT_EQ(first_leaf_difference(8, root, there, here),
            "'first a' is the first of 2 leaves that differ, of 5: the optimizer's first moment");
  EXPECT_EQ(first_leaf_difference(8, "another", there, here), "the leaves that are there do not hash to that root");
  EXPECT_EQ(first_leaf_difference(9, root, there, here), "its leaves are not there");
  EXPECT_EQ(first_leaf_difference(6, root, there, here), "its leaves are not there");
  LeafLayout other = layout_;
  other.names[1] = "gradient b";
  EXPECT_EQ(first_leaf_difference(8, root, file("other", changed, other), here), "its leaves are of other tensors");
}

}  // namespace
}  // namespace pgolf
