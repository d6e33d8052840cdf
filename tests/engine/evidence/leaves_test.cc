#include "engine/evidence/leaves.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/support/error_of.h"
#include "tests/support/temp_directory.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

const LeafLayout kLayout{{"batch 0.0", "gradient a", "weight a", "counters"}, 2};

std::vector<Digest> row(int tag) {
  std::vector<Digest> out(4);
  for (size_t i = 0; i < out.size(); ++i) out[i].fill(std::byte(16 * tag + static_cast<int>(i)));
  return out;
}

std::string written(const TempDirectory& directory) {
  LeavesWriter writer(directory / "leaves.bin", "c0", kLayout, 3);
  for (const int tag : {1, 2, 3}) writer.add(row(tag));
  writer.sync();
  return read_text(directory / "leaves.bin");
}

// Written out with sha256sum: state of leaves 0x12.. and 0x13.., inputs of 0x10.. and 0x11...
TEST(Leaves, RootsAreThoseOfTheFormula) {
  const auto roots = roots_of(kLayout, row(1));
  EXPECT_EQ(hex(roots.state), "f23d9c245beafd9dde9fb43306452737bc598069a55f1804811f091fa4dbba50");
  EXPECT_EQ(hex(roots.root), "862009683d1dd4cb6c2d1eb9e4d6163a0bc3b9df4692b7faee21799644622b47");
}

TEST(Leaves, RowsAreFoundByTheirStep) {
  const TempDirectory directory;
  written(directory);
  const LeavesFile file(directory / "leaves.bin");
  EXPECT_EQ(file.layout(), kLayout);
  EXPECT_EQ(file.config_sha256(), "c0");
  EXPECT_EQ(file.leaves(3), row(1));
  EXPECT_EQ(file.leaves(5), row(3));
  EXPECT_FALSE(file.leaves(2));
  EXPECT_FALSE(file.leaves(6));
}

// A writer that died in the middle of a row left those before it.
TEST(Leaves, ATornRowIsLeftOut) {
  const TempDirectory directory;
  const std::string bytes = written(directory);
  write_file_atomic(directory / "torn.bin", std::string_view(bytes).substr(0, bytes.size() - 1));
  const LeavesFile file(directory / "torn.bin");
  EXPECT_EQ(file.leaves(4), row(2));
  EXPECT_FALSE(file.leaves(5));
}

TEST(Leaves, DamagedAndNewerFilesAreRefused) {
  const TempDirectory directory;
  const std::string bytes = written(directory);
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string changed = bytes;
    changed.replace(changed.find(from), from.size(), to);
    write_file_atomic(directory / "changed.bin", changed);
    const Error error = error_of([&] { LeavesFile file(directory / "changed.bin"); });
    EXPECT_EQ(error.kind(), ErrorKind::submission);
    return std::string(error.what());
  };
  EXPECT_THAT(refusal("leaves/1", "leaves/2"), HasSubstr("format pgolf.leaves/2, this program reads pgolf.leaves/1"));
  EXPECT_THAT(refusal("pgolf.leaves/1", "pgolf.thing/1"), HasSubstr("no file of leaves"));
  EXPECT_THAT(refusal("\"inputs\":2", "\"inputs\":9"), HasSubstr("damaged: 4 leaves, 9 of them inputs"));
  EXPECT_THAT(refusal("\"first_step\":3", "\"first_step\":0"), HasSubstr("from step 0"));
  EXPECT_THAT(refusal("\n", " "), HasSubstr("damaged: its first line does not end"));
  EXPECT_EQ(error_of([&] { LeavesFile file(directory / "none.bin"); }).kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace pgolf
