#include "engine/codec/compress.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "base/error.h"

namespace pgolf {
namespace {

// Codes of a quantised matrix: about 3.5 bits of entropy each.
Bytes codes(size_t n) {
  std::mt19937 rng(5);
  std::normal_distribution<float> normal(0, 2.8F);
  Bytes out(n);
  for (auto& b : out) b = static_cast<std::byte>(static_cast<int8_t>(std::lround(normal(rng))));
  return out;
}

struct Compressor {
  const char* name;
  Bytes (*compress)(ByteView);
  Bytes (*decompress)(ByteView, size_t, std::string_view);
};
const Compressor kCompressors[] = {
    {"zstd", [](ByteView d) { return zstd_compress(d, 22); }, zstd_decompress},
    {"brotli", [](ByteView d) { return brotli_compress(d, 11, 24); }, brotli_decompress},
    {"lrzip", [](ByteView d) { return lrzip_compress(d, 9); }, lrzip_decompress},
};

ErrorKind kind_of(const Compressor& c, const Bytes& packed, size_t size) {
  try {
    c.decompress(packed, size, "artifact.bin");
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()).find("artifact.bin: "), 0u) << e.what();
    return e.kind();
  }
  ADD_FAILURE() << c.name << " accepted damaged data";
  return ErrorKind::machine;
}

TEST(Compress, RoundTripsAndReachesTheEntropy) {
  const Bytes data = codes(60000);
  for (const auto& c : kCompressors) {
    const Bytes packed = c.compress(data);
    EXPECT_EQ(c.decompress(packed, data.size(), "artifact.bin"), data) << c.name;
    EXPECT_LT(packed.size(), data.size() * 48 / 100) << c.name;  // 3.55 bits of 8 are 44.4 %
    EXPECT_EQ(c.compress(data), packed) << c.name << " is not deterministic";
  }
}

TEST(Compress, EmptyAndTinyBuffers) {
  for (const auto& c : kCompressors)
    for (const size_t size : {0, 1, 2}) {
      if (c.compress == kCompressors[2].compress && size == 0) continue;  // lrzip refuses empty files
      const Bytes data = codes(size);
      EXPECT_EQ(c.decompress(c.compress(data), size, "artifact.bin"), data) << c.name << " " << size;
    }
}

TEST(Compress, OnlyTheExactSizeIsAccepted) {
  const Bytes data = codes(5000);
  for (const auto& c : kCompressors) {
    const Bytes packed = c.compress(data);
    for (const size_t size : {size_t{0}, size_t{4999}, size_t{5001}, size_t{1} << 24})
      EXPECT_EQ(kind_of(c, packed, size), ErrorKind::submission) << c.name << " " << size;
  }
}

TEST(Compress, DamagedStreamsAreRefused) {
  const Bytes data = codes(5000);
  for (const auto& c : kCompressors) {
    const Bytes packed = c.compress(data);
    EXPECT_EQ(kind_of(c, Bytes(packed.begin(), packed.begin() + 10), data.size()), ErrorKind::submission) << c.name;
    EXPECT_EQ(kind_of(c, Bytes(packed.begin(), packed.end() - 40), data.size()), ErrorKind::submission) << c.name;
    EXPECT_EQ(kind_of(c, {}, data.size()), ErrorKind::submission) << c.name;
  }
}

// A stream whose header lies about its size must not fill the disk.
TEST(Compress, LrzipCannotGrowBeyondTheClaimedSize) {
  const Bytes zeros(256 << 10);
  Bytes packed = lrzip_compress(zeros, 9);
  const uint64_t lie = 1000;
  std::memcpy(packed.data() + 6, &lie, sizeof lie);
  EXPECT_EQ(kind_of(kCompressors[2], packed, lie), ErrorKind::submission);
}

TEST(Compress, MissingLrzipIsNamedWithTheRemedy) {
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", "/nonexistent", 1);
  try {
    lrzip_compress(codes(10), 9);
    ADD_FAILURE() << "ran without the program";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::machine);
    EXPECT_STREQ(e.what(), "the program 'lrzip' is missing; install the package lrzip");
  }
  ::setenv("PATH", path.c_str(), 1);
}

}  // namespace
}  // namespace pgolf
