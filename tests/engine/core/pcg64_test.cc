#include "engine/core/pcg64.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <bit>
#include <set>

#include "base/error.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

using testing::ElementsAre;

std::vector<int64_t> longs(const GoldenFile& golden, const std::string& name) {
  const SafetensorsView& view = golden.view(name);
  EXPECT_EQ(view.dtype, "I64");
  std::vector<int64_t> out(static_cast<size_t>(view.numel()));
  std::copy(view.bytes.begin(), view.bytes.end(), reinterpret_cast<std::byte*>(out.data()));
  return out;
}

// The recorded script passed these, and neither metadata nor names say so: bound of integers_big, weights of choice4.
constexpr int64_t kBigBound = 1000007;
constexpr std::array<double, 4> kChoiceWeights = {3.0 / 11, 1.0 / 11, 2.0 / 11, 5.0 / 11};

// The one draw of a seed whose name is `kind` and a number, and that number: "integers2048".
std::pair<std::string, int64_t> numbered(const GoldenFile& golden, const std::string& prefix, const std::string& kind) {
  for (const std::string& name : golden.names(prefix + kind))
    if (!name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return {prefix + kind + name, std::stoll(name)};
  fail(ErrorKind::not_found, "{}: no {}{}<number>", golden.name(), prefix, kind);
}

// pcg64.<seed>.raw are a fresh generator's 64-bit words; the other draws of a seed follow one another on one generator,
// so that the 32-bit half kept between calls is tested too. Their names carry bound and length.
TEST(Pcg64Golden, DrawsWhatNumpyDraws) {
  if (const std::string none = golden_missing({"loader_*"}); !none.empty()) GTEST_SKIP() << none;
  for (const auto& path : golden_files("loader_*")) {
    const GoldenFile golden(path);
    std::set<std::string> seeds;
    for (const std::string& name : golden.names("pcg64.")) seeds.insert(name.substr(0, name.find('.')));
    EXPECT_FALSE(seeds.empty()) << golden.name() << " has no draws";
    for (const std::string& seed : seeds) {
      SCOPED_TRACE(golden.name() + " seed " + seed);
      const std::string prefix = "pcg64." + seed + ".";
      const auto expect = [&](const std::string& name, auto&& draw) {
        const auto expected = longs(golden, name);
        std::vector<int64_t> drawn(expected.size());
        std::generate(drawn.begin(), drawn.end(), draw);
        EXPECT_EQ(drawn, expected) << name;
      };
      Pcg64 fresh(std::stoull(seed)), generator(std::stoull(seed));
      const auto [integers, bound] = numbered(golden, prefix, "integers");
      const auto [permutation, length] = numbered(golden, prefix, "perm");
      expect(prefix + "raw", [&] { return std::bit_cast<int64_t>(fresh.next_uint64()); });
      expect(integers, [&, high = bound] { return generator.integers(high); });
      EXPECT_EQ(generator.permutation(length), longs(golden, permutation));
      expect(prefix + "choice4", [&] { return generator.choice(kChoiceWeights); });
      expect(prefix + "integers_big", [&] { return generator.integers(kBigBound); });
    }
  }
}

TEST(Pcg64, SecondHalfOfAWordWaitsAcrossWideDraws) {
  Pcg64 words(7), halves(7);
  const uint64_t first = words.next_uint64(), second = words.next_uint64();
  EXPECT_EQ(halves.next_uint32(), static_cast<uint32_t>(first));
  EXPECT_EQ(halves.next_uint64(), second);
  EXPECT_EQ(halves.next_uint32(), static_cast<uint32_t>(first >> 32));
}

TEST(Pcg64, TrivialRangesDrawNothing) {
  Pcg64 a(3), b(3);
  EXPECT_EQ(a.integers(1), 0);
  EXPECT_THAT(a.permutation(0), ElementsAre());
  EXPECT_THAT(a.permutation(1), ElementsAre(0));
  EXPECT_EQ(a.next_uint64(), b.next_uint64());
}

TEST(Pcg64, RangesOf32BitsAndMore) {
  Pcg64 a(5), b(5);
  EXPECT_EQ(a.integers(int64_t{1} << 32), b.next_uint32());
  for (int i = 0; i < 1000; ++i) {
    const int64_t value = a.integers((int64_t{1} << 33) + 1);
    ASSERT_GE(value, 0);
    ASSERT_LE(value, int64_t{1} << 33);
  }
}

TEST(Pcg64, ChoiceNeverTakesWhatHasNoWeight) {
  Pcg64 generator(11);
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(generator.choice(std::array{0.0, 0.0, 1.0, 0.0}), 2);
}

}  // namespace
}  // namespace pgolf
