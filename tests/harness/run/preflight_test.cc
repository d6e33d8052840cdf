#include "harness/run/preflight.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/harness/fixture.h"

namespace pgolf {
namespace {

using testing::HasSubstr;

TEST(Preflight, ARunThatCannotFitIsRefusedWithWhatIsMissing) {
  const TempDirectory home;
  check_room(home.path(), 743'825, "cpu");
  const auto disk = static_cast<int64_t>(std::filesystem::space(home.path()).available);
  const Error full = error_of([&] { check_room(home.path(), disk / 8, "cuda:0"); });  // two copies, four bytes each
  EXPECT_EQ(full.kind(), ErrorKind::machine);
  EXPECT_THAT(full.what(), HasSubstr("free some space"));
}

TEST(Preflight, MemoryIsAskedForOnTheCpu) {
  const TempDirectory home;
  const int64_t available = *memory_bytes("MemAvailable");
  EXPECT_LT(available, *memory_bytes("MemTotal"));
  EXPECT_FALSE(memory_bytes("NoSuchLine"));
  const int64_t params = available / 16 + 1;  // weights, gradient and two moments fill it
  if (static_cast<int64_t>(std::filesystem::space(home.path()).available) < params * 8 + 64'000'000)
    GTEST_SKIP() << "the disk is smaller than the memory";
  const Error e = error_of([&] { check_room(home.path(), params, "cpu"); });
  EXPECT_EQ(e.kind(), ErrorKind::machine);
  EXPECT_THAT(e.what(), HasSubstr("memory: a run of this size needs"));
  check_room(home.path(), params, "cuda:0");
}

}  // namespace
}  // namespace pgolf
