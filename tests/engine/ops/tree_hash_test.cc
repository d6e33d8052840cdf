// The CPU definition against SHA-256 written out by hand, and the GPU against it.
#include "engine/ops/tree_hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

#include "base/sha256.h"
#include "engine/core/device_info.h"
#include "engine/core/parallel.h"

namespace pgolf {
namespace {

using Bytes = std::vector<std::byte>;

// The formula, level by level.
Digest tree(Bytes bytes) {
  while (static_cast<int64_t>(bytes.size()) > kTreeNodeBytes) {
    Bytes next;
    for (size_t at = 0; at < bytes.size(); at += kTreeNodeBytes) {
      const size_t n = std::min<size_t>(kTreeNodeBytes, bytes.size() - at);
      const Digest node = sha256({bytes.data() + at, n});
      next.insert(next.end(), node.begin(), node.end());
    }
    bytes = next;
  }
  return sha256(bytes);
}

// Every length around a block, a node and a level, and both ends of a second source.
constexpr int64_t kSizes[] = {4,    8,    52,    56,    60,     64,     68,      116,     120,    124,     128,
                              1020, 1024, 1028,  1076,  2048,   32768,  32772,   65536,   98308,  1048576, 1048580,
                              3000, 4096, 12288, 16384, 500000, 640000, 1000000, 2097152, 100004, 36,      16};

struct Case {
  std::vector<TreePart> parts;
  std::vector<float> a, b;  // bit patterns at random, NaNs among them
};

std::vector<float> random_bits(std::mt19937_64& generator, int64_t bytes) {
  std::vector<float> out(static_cast<size_t>(bytes / 4));
  for (float& value : out) value = std::bit_cast<float>(static_cast<uint32_t>(generator()));
  return out;
}

Case made(uint64_t seed) {
  std::mt19937_64 generator(seed);
  Case out;
  int64_t at[2] = {0, 0}, row = 2;  // rows 0 and 1 are left alone
  for (const int64_t size : kSizes) {
    const int source = static_cast<int>(generator() % 2);
    out.parts.push_back({source, at[source], size, row++});
    at[source] += (size + 15) / 16 * 16;
  }
  out.a = random_bits(generator, at[0] + 16), out.b = random_bits(generator, at[1] + 16);
  return out;
}

Bytes bytes_of(const Case& c, const TreePart& part) {
  const auto all = std::as_bytes(std::span(part.source == 0 ? c.a : c.b));
  const auto some = all.subspan(static_cast<size_t>(part.begin), static_cast<size_t>(part.bytes));
  return {some.begin(), some.end()};
}

// All rows, computed on `device`.
Bytes digests_of(const Case& c, Device device) {
  Context ctx(device);
  const auto to_device = [&](const std::vector<float>& values) {
    const Tensor out = ctx.alloc({static_cast<int64_t>(values.size())}, DType::f32);
    ctx.copy(out, {const_cast<float*>(values.data()), out.shape, DType::f32, kCpu});
    return out;
  };
  const Tensor sources[] = {to_device(c.a), to_device(c.b)};
  const Tensor digests = ctx.zeros({static_cast<int64_t>(c.parts.size()) + 2, kDigestBytes}, DType::u8);
  TreeHash(ctx, c.parts).run(ctx, sources, digests);
  Bytes out(digests.bytes());
  ctx.copy({out.data(), digests.shape, DType::u8, kCpu}, digests);
  return out;
}

TEST(TreeHash, OfEveryPartAsWrittenDown) {
  for (const int threads : {1, 3}) {
    set_num_threads(threads);
    const Case c = made(17);
    const Bytes rows = digests_of(c, kCpu);
    for (size_t i = 0; i < 2 * kDigestBytes; ++i) EXPECT_EQ(rows[i], std::byte{0});
    for (const TreePart& part : c.parts) {
      Digest found;
      std::copy_n(rows.begin() + part.row * kDigestBytes, kDigestBytes, found.begin());
      EXPECT_EQ(hex(found), hex(tree(bytes_of(c, part)))) << part.bytes << " bytes";
    }
  }
}

// FIPS 180-4, example of one block: "abc" cannot be a part, whose bytes come in fours; "abcd" can.
TEST(TreeHash, OfASmallPartIsSha256) {
  Context ctx(kCpu);
  char text[] = "abcd";
  const Tensor source{text, {4}, DType::u8, kCpu}, digests = ctx.zeros({1, kDigestBytes}, DType::u8);
  TreeHash(ctx, {{.bytes = 4}}).run(ctx, std::span(&source, 1), digests);
  Digest found;
  std::copy_n(static_cast<const std::byte*>(digests.data), kDigestBytes, found.begin());
  EXPECT_EQ(hex(found), "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589");
}

// Any bit, at the start, at the end and in the middle of a tree of three levels.
TEST(TreeHash, EveryBitCounts) {
  std::mt19937_64 generator(5);
  Case c{{{0, 0, 100'000, 0}}, random_bits(generator, 100'000), {}};
  const Bytes before = digests_of(c, kCpu);
  for (const size_t at : {size_t{0}, size_t{255}, size_t{256}, size_t{12345}, size_t{24999}}) {
    Case flipped = c;
    flipped.a[at] = std::bit_cast<float>(std::bit_cast<uint32_t>(c.a[at]) ^ (1U << generator() % 32));
    EXPECT_NE(digests_of(flipped, kCpu), before) << at;
  }
}

TEST(TreeHash, RefusesWhatItCannotRead) {
  Context ctx(kCpu);
  EXPECT_THROW(TreeHash(ctx, {{.begin = 8, .bytes = 4}}), std::logic_error);
  EXPECT_THROW(TreeHash(ctx, {{.bytes = 6}}), std::logic_error);
  EXPECT_THROW(TreeHash(ctx, {{.bytes = 0}}), std::logic_error);
}

TEST(TreeHashGpu, EqualsTheDefinitionBitForBit) {
  if (resolve_device("auto").is_cpu()) GTEST_SKIP() << "no CUDA device";
  for (const uint64_t seed : {17U, 18U, 19U}) {
    const Case c = made(seed);
    EXPECT_EQ(digests_of(c, Device{0}), digests_of(c, kCpu)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace pgolf
