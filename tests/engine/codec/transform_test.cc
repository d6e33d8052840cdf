#include "engine/codec/transform.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "tests/support/golden.h"

namespace pgolf {
namespace {

TEST(TransformGolden, ByteShuffle) {
  if (const std::string none = golden_missing({"quant_misc"}); !none.empty()) GTEST_SKIP() << none;
  const auto golden = GoldenFile::named("quant_misc");
  const auto in = golden.view("shuffle_in").bytes, out = golden.view("shuffle_out").bytes;
  const int stride = std::to_integer<int>(out[4]);
  const Bytes shuffled = byte_shuffle(in, stride);
  EXPECT_EQ(shuffled, Bytes(out.begin(), out.end()));
  EXPECT_EQ(byte_unshuffle(out, stride, in.size(), "golden"), Bytes(in.begin(), in.end()));
}

TEST(TransformGolden, SimilaritySort) {
  if (const std::string none = golden_missing({"quant_misc"}); !none.empty()) GTEST_SKIP() << none;
  const auto golden = GoldenFile::named("quant_misc");
  const auto& shape = golden.shape("sort_in");
  const auto order = similarity_sort(golden.view("sort_in").bytes, shape[0], shape[1]);
  EXPECT_EQ(std::vector<int32_t>(order.begin(), order.end()), golden.ints("sort_order"));
}

Bytes random_bytes(size_t n, uint32_t seed) {
  std::mt19937 rng(seed);
  Bytes out(n);
  for (auto& b : out) b = static_cast<std::byte>(rng());
  return out;
}

TEST(Transform, ShuffleRoundTripsForEverySizeAndStride) {
  for (int stride : {0, 1, 2, 3, 4, 255})
    for (size_t size : {0u, 1u, 2u, 3u, 254u, 255u, 256u, 1001u}) {
      const Bytes data = random_bytes(size, 7);
      const Bytes shuffled = byte_shuffle(data, stride);
      EXPECT_EQ(shuffled.size(), byte_shuffled_size(size, stride));
      EXPECT_EQ(byte_unshuffle(shuffled, stride, size, "f"), data) << "stride " << stride << " size " << size;
    }
  const Bytes data = random_bytes(10, 7);
  EXPECT_THROW(byte_unshuffle(data, 2, 10, "f"), Error);
  EXPECT_THROW(byte_unshuffle(byte_shuffle(data, 3), 2, 10, "f"), Error);
}

TEST(Transform, TransposeRoundTrips) {
  const Bytes data = random_bytes(7 * 5, 11);
  const std::vector<uint16_t> order{3, 0, 6, 1, 5, 4, 2};
  const Bytes plain = transpose_bytes(data, 7, 5), sorted = transpose_bytes(data, 7, 5, order);
  EXPECT_EQ(plain[1], data[5]);       // column 0, row 1
  EXPECT_EQ(sorted[2], data[6 * 5]);  // column 0, third row of the order
  EXPECT_EQ(untranspose_bytes(plain, 7, 5), data);
  EXPECT_EQ(untranspose_bytes(sorted, 7, 5, order), data);
}

TEST(Transform, SimilaritySortTakesTheLowestIndexOnTies) {
  // Rows 0, 10, 10, -5, 9: from 0 the nearest is -5; then 9 (14 away), then both 10s in order.
  const std::vector<int8_t> rows{0, 10, 10, -5, 9};
  EXPECT_EQ(similarity_sort(std::as_bytes(std::span(rows)), 5, 1), (std::vector<uint16_t>{0, 3, 4, 1, 2}));
  const std::vector<int8_t> extremes{-128, 127, -128};
  EXPECT_EQ(similarity_sort(std::as_bytes(std::span(extremes)), 3, 1), (std::vector<uint16_t>{0, 2, 1}));
  EXPECT_TRUE(similarity_sort({}, 0, 4).empty());
}

}  // namespace
}  // namespace pgolf
