#include "engine/core/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>
#include <stdexcept>

#include "engine/core/memory.h"

namespace pgolf {
namespace {

constexpr int64_t kUnit = 256;  // bytes: what places are multiples of

Tensor stacked(Arena& arena, int64_t units) { return arena.alloc({units * kUnit}, DType::u8); }
Tensor loose(Arena& arena, int64_t units) { return arena.alloc_loose({units * kUnit}, DType::u8); }
int64_t distance(const Tensor& a, const Tensor& b) {
  return (static_cast<std::byte*>(b.data) - static_cast<std::byte*>(a.data)) / kUnit;
}

// An arena with a block of so many units.
struct Sized {
  explicit Sized(int64_t units) {
    stacked(arena, units);
    arena.reset();
  }
  Arena arena{kCpu};
};

TEST(Arena, TheStackGrowsFromTheStartAndLooseTensorsFromTheEnd) {
  Sized sized(10);
  Arena& arena = sized.arena;
  const Tensor a = stacked(arena, 2), b = stacked(arena, 1), x = loose(arena, 3), y = loose(arena, 1);
  EXPECT_EQ(distance(a, b), 2);
  EXPECT_EQ(distance(a, x), 7);
  EXPECT_EQ(distance(a, y), 6);
  EXPECT_EQ(arena.used(), 7 * kUnit);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(a.data) % kUnit, 0);
}

TEST(Arena, LooseTensorsTakeTheFirstGapThatIsWideEnough) {
  Sized sized(20);
  Arena& arena = sized.arena;
  const Tensor base = stacked(arena, 1), a = loose(arena, 2), b = loose(arena, 3), c = loose(arena, 1);
  EXPECT_EQ(distance(base, a), 18);
  EXPECT_EQ(distance(base, b), 15);
  arena.free(a);
  EXPECT_EQ(distance(base, loose(arena, 3)), 11) << "wider than the gap";
  const Tensor narrow = loose(arena, 1);
  EXPECT_EQ(distance(base, narrow), 19);
  arena.free(narrow);
  arena.free(b);  // gaps beside each other are one
  EXPECT_EQ(distance(base, loose(arena, 5)), 15);
  arena.free(c);
  EXPECT_EQ(arena.used(), 10 * kUnit) << "gaps below the innermost tensor count";
}

TEST(Arena, WhatIsStackedAfterAMarkIsFreed) {
  Sized sized(8);
  Arena& arena = sized.arena;
  const Tensor a = stacked(arena, 3);
  const Arena::Mark mark = arena.mark();
  stacked(arena, 2), stacked(arena, 1);
  arena.release_to(mark);
  EXPECT_EQ(arena.used(), 3 * kUnit);
  EXPECT_EQ(distance(a, stacked(arena, 1)), 3);
  {
    const ArenaScope scope(arena);
    stacked(arena, 4);
    EXPECT_EQ(arena.used(), 8 * kUnit);
  }
  EXPECT_EQ(arena.used(), 4 * kUnit);
  EXPECT_EQ(arena.peak(), 8 * kUnit);
}

// One round of requests like a step's: activations pile up, gradients come and go.
std::vector<void*> play_round(Arena& arena, int64_t scale = 1) {
  std::vector<void*> addresses;
  std::vector<Arena::Mark> marks;
  const auto note = [&](const Tensor& t) {
    std::memset(t.data, 1, t.bytes());
    addresses.push_back(t.data);
    return t;
  };
  for (int64_t layer = 1; layer <= 5; ++layer) {
    marks.push_back(arena.mark());
    note(stacked(arena, layer * scale)), note(stacked(arena, scale));
  }
  const Tensor kept = note(loose(arena, 1));
  for (; !marks.empty(); marks.pop_back()) {
    const Tensor out = note(loose(arena, 2 * scale)), in = note(loose(arena, scale));
    arena.free(out);
    arena.release_to(marks.back());
    arena.free(in);
  }
  arena.free(kept);
  arena.reset();
  return addresses;
}

TEST(Arena, FromTheSecondRoundOnNothingIsAllocatedAndAddressesRepeat) {
  Arena arena(kCpu);
  const MemoryUse before = memory_use(kCpu);
  play_round(arena);
  EXPECT_EQ(arena.peak(), (20 + 1 + 2 + 1) * kUnit);
  EXPECT_EQ(memory_use(kCpu).total() - before.total(), arena.peak()) << "the block is as large as what was needed";
  const int64_t allocations = num_allocations();
  const std::vector<void*> second = play_round(arena);
  EXPECT_EQ(play_round(arena), second);
  EXPECT_EQ(num_allocations(), allocations);
}

TEST(Arena, ALargerRoundIsServedAndMakesTheBlockLarger) {
  Arena arena(kCpu);
  const size_t before = memory_use(kCpu).total();
  play_round(arena);
  restart_peak(kCpu);
  play_round(arena, 3);
  EXPECT_EQ(arena.peak(), (60 + 1 + 6 + 3) * kUnit);
  EXPECT_EQ(memory_use(kCpu).total() - before, arena.peak());
  EXPECT_LE(memory_use(kCpu).peak() - before, arena.peak()) << "what does not fit is all that is added";
  const int64_t allocations = num_allocations();
  play_round(arena, 3), play_round(arena);
  EXPECT_EQ(num_allocations(), allocations);
}

TEST(Arena, WhatIsNeverFreedHasExactlyItsSize) {
  const size_t before = memory_use(kCpu).total();
  {
    Arena arena(kCpu);
    stacked(arena, 5), arena.alloc({3}, DType::f32), stacked(arena, 100);
    EXPECT_EQ(memory_use(kCpu).total() - before, 106 * kUnit);
  }
  EXPECT_EQ(memory_use(kCpu).total(), before);
}

TEST(Arena, ScratchOfDifferentSizesSettles) {
  Arena arena(kCpu);
  const auto ops = [&] {
    for (const int64_t units : {2, 9, 4}) {
      const ArenaScope scope(arena);
      stacked(arena, units);
    }
  };
  ops();
  const int64_t allocations = num_allocations();
  ops();
  EXPECT_EQ(num_allocations(), allocations);
  EXPECT_EQ(arena.peak(), 9 * kUnit);
}

// Tensors that live at one time never overlap, whatever is asked for in whatever order.
TEST(Arena, RandomRequestsNeverOverlap) {
  for (const uint32_t seed : {1U, 2U, 3U}) {
    SCOPED_TRACE(seed);
    std::mt19937 generator(seed);
    Arena arena(kCpu);
    for (int round = 0; round < 6; ++round) {
      std::vector<std::pair<Tensor, uint8_t>> stack, singles;
      const auto filled = [&](Tensor t) {
        const auto value = static_cast<uint8_t>(generator() % 256);
        std::memset(t.data, value, t.bytes());
        return std::pair(t, value);
      };
      const auto expect_intact = [](const std::pair<Tensor, uint8_t>& entry) {
        const uint8_t* bytes = entry.first.as<uint8_t>();
        ASSERT_TRUE(std::all_of(bytes, bytes + entry.first.numel(), [&](uint8_t b) { return b == entry.second; }));
      };
      for (int i = 0; i < 200; ++i) {
        const auto count = static_cast<int64_t>(generator() % 2000);
        switch (generator() % 5) {
          case 0:
          case 1: stack.push_back(filled(arena.alloc({count}, DType::u8))); break;
          case 2:
          case 3: singles.push_back(filled(arena.alloc_loose({count}, DType::u8))); break;
          case 4:
            if (!singles.empty()) {
              const auto chosen = singles.begin() + static_cast<std::ptrdiff_t>(generator() % singles.size());
              expect_intact(*chosen);
              arena.free(chosen->first);
              singles.erase(chosen);
            }
            if (stack.size() > 3 && generator() % 4 == 0) {
              const size_t left = generator() % stack.size();
              for (; stack.size() > left; stack.pop_back()) expect_intact(stack.back());
              arena.release_to(left);
            }
        }
      }
      for (const auto& entry : stack) expect_intact(entry);
      for (const auto& entry : singles) expect_intact(entry);
      arena.reset();
    }
  }
}

TEST(Arena, OnlyLooseTensorsAreFreedByThemselves) {
  Arena arena(kCpu);
  EXPECT_THROW(arena.free(stacked(arena, 1)), std::logic_error);
}

TEST(Arena, FreedMemoryIsOverwrittenWhereTestsAskForIt) {
  Sized sized(2);
  const Tensor t = sized.arena.alloc({64}, DType::f32);
  t.as<float>()[5] = 1;
  Arena::overwrite_freed(true);
  sized.arena.release_to(0);
  Arena::overwrite_freed(false);
  EXPECT_TRUE(std::isnan(t.as<float>()[5]));
}

TEST(Arena, OnTheMetaDeviceNothingIsTouchedAndAllIsCounted) {
  const MemoryUse before = memory_use(kMeta);
  Arena arena(kMeta);
  const Tensor a = arena.alloc({int64_t{1} << 40}, DType::f32), b = arena.alloc({1}, DType::f32);
  EXPECT_NE(a.data, b.data);
  EXPECT_EQ(memory_use(kMeta).total() - before.total(), (size_t{1} << 42) + kUnit);
  arena.reset();
  EXPECT_EQ(memory_use(kMeta).total() - before.total(), arena.peak());
}

}  // namespace
}  // namespace pgolf
