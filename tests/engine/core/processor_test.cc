// An engine that was compiled for another processor says so before it meets an instruction that is not there.
#include "engine/core/processor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/error_of.h"

namespace pgolf {
namespace {

TEST(Processor, NamesWhatIsLacking) {
  const InstructionSet neither, narrow{.avx2 = true}, wide{.avx2 = true, .avx512f = true};
  EXPECT_EQ(lacking(wide, neither), "AVX2 and AVX-512");
  EXPECT_EQ(lacking(wide, narrow), "AVX-512");
  EXPECT_EQ(lacking(narrow, neither), "AVX2");
  EXPECT_EQ(lacking(narrow, wide), "");
  EXPECT_EQ(lacking(neither, neither), "");
}

TEST(Processor, WhatIsHereIsEnoughForItself) { EXPECT_NO_THROW(require_instructions(instructions_here())); }

TEST(Processor, ARefusalNamesTheRemedy) {
  if (instructions_here().avx512f) GTEST_SKIP() << "nothing to lack on a processor with AVX-512";
  const Error e = error_of([] { require_instructions({.avx2 = true, .avx512f = true}); });
  EXPECT_EQ(e.kind(), ErrorKind::machine);
  EXPECT_THAT(e.what(), testing::HasSubstr("AVX-512, which this one lacks; build it on this machine"));
}

}  // namespace
}  // namespace pgolf
