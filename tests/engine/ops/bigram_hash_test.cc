#include "engine/ops/bigram_hash.h"

#include "tests/support/op_check.h"

namespace pgolf {
namespace {

std::vector<int32_t> hashes(std::vector<int32_t> ids, int64_t T, PairHash hash, int64_t buckets) {
  Context ctx(kCpu);
  const auto n = static_cast<int64_t>(ids.size());
  const Tensor out = bigram_hash(ctx, Tensor{ids.data(), {n / T, T}, DType::i32}, hash, buckets);
  return {out.as<int32_t>(), out.as<int32_t>() + n};
}

// Expected buckets are Python's: unbounded integers, floored remainders.
TEST(BigramHash, AdditiveStartsEveryRowAtBucketZero) {
  EXPECT_EQ(hashes({1000, 7, 3, 1023, 1023, 5}, 3, PairHash::additive, 2048),
            (std::vector<int32_t>{0, 1991, 268, 0, 2032, 1798}));
  EXPECT_EQ(hashes({5, 2147483}, 2, PairHash::additive, 2048), (std::vector<int32_t>{0, 374}));
}

TEST(BigramHash, XorStartsEveryRowAtTheLastBucket) {
  EXPECT_EQ(hashes({1000, 7, 3}, 3, PairHash::xor_, 1536), (std::vector<int32_t>{1535, 1304, 151}));
  EXPECT_EQ(hashes({1023, 1023, 8, 9}, 2, PairHash::xor_, 8192), (std::vector<int32_t>{8191, 1252, 8191, 3414}));
}

TEST(BigramHash, XorWrapsAndFloorsLargeIds) {
  EXPECT_EQ(hashes({70000, 60000, 70000}, 3, PairHash::xor_, 1536), (std::vector<int32_t>{1535, 113, 1482}));
  EXPECT_EQ(hashes({2, 131071}, 2, PairHash::xor_, 8192), (std::vector<int32_t>{8191, 989}));
}

}  // namespace
}  // namespace pgolf
