#include "engine/core/pcg64.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "base/error.h"

namespace pgolf {
namespace {

using uint128 = unsigned __int128;

constexpr uint128 kMultiplier = static_cast<uint128>(2549297995355413924ULL) << 64 | 4865540595714422341ULL;

// numpy.random.SeedSequence (after O'Neill's seed_seq_fe): hashes the seed's 32-bit words into a pool of four words and
// draws as many words from it as wanted.
class SeedSequence {
 public:
  explicit SeedSequence(uint64_t seed) {
    const std::array<uint32_t, 4> entropy = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), 0, 0};
    uint32_t constant = 0x43b0d7e5;
    const auto hash = [&constant](uint32_t value) {
      value ^= constant;
      constant *= 0x931e8875;
      value *= constant;
      return value ^ value >> 16;
    };
    for (size_t i = 0; i < pool_.size(); ++i) pool_[i] = hash(entropy[i]);
    for (size_t source = 0; source < pool_.size(); ++source)
      for (size_t target = 0; target < pool_.size(); ++target)
        if (source != target) pool_[target] = mix(pool_[target], hash(pool_[source]));
  }

  // generate_state(4, uint64)
  std::array<uint64_t, 4> state() const {
    std::array<uint64_t, 4> out{};
    uint32_t constant = 0x8b51f9dd;
    for (size_t i = 0; i < 2 * out.size(); ++i) {
      uint32_t value = pool_[i % pool_.size()] ^ constant;
      constant *= 0x58f38ded;
      value *= constant;
      value ^= value >> 16;
      out[i / 2] |= static_cast<uint64_t>(value) << (i % 2 * 32);
    }
    return out;
  }

 private:
  static uint32_t mix(uint32_t x, uint32_t y) {
    const uint32_t value = 0xca01f9dd * x - 0x4973f715 * y;
    return value ^ value >> 16;
  }

  std::array<uint32_t, 4> pool_{};
};

}  // namespace

Pcg64::Pcg64(uint64_t seed) {
  const auto words = SeedSequence(seed).state();
  increment_ = (static_cast<uint128>(words[2]) << 64 | words[3]) << 1 | 1;
  state_ = increment_;  // one step from zero
  state_ += static_cast<uint128>(words[0]) << 64 | words[1];
  state_ = state_ * kMultiplier + increment_;
}

uint64_t Pcg64::next_uint64() {
  state_ = state_ * kMultiplier + increment_;
  const auto folded = static_cast<uint64_t>(state_ >> 64) ^ static_cast<uint64_t>(state_);
  return std::rotr(folded, static_cast<int>(state_ >> 122));
}

uint32_t Pcg64::next_uint32() {
  if (std::exchange(has_buffered_, false)) return buffered_;
  const uint64_t word = next_uint64();
  buffered_ = static_cast<uint32_t>(word >> 32);
  has_buffered_ = true;
  return static_cast<uint32_t>(word);
}

double Pcg64::next_double() { return static_cast<double>(next_uint64() >> 11) * 0x1p-53; }

int64_t Pcg64::integers(int64_t high) {
  check(high > 0, "Pcg64::integers: high is {}, must be positive", high);
  const auto range = static_cast<uint64_t>(high);
  if (range == 1) return 0;
  if (range == uint64_t{1} << 32) return next_uint32();
  if (range < uint64_t{1} << 32) {
    const uint32_t threshold = static_cast<uint32_t>(-static_cast<uint32_t>(range)) % static_cast<uint32_t>(range);
    uint64_t product = range * next_uint32();
    while (static_cast<uint32_t>(product) < threshold) product = range * next_uint32();
    return static_cast<int64_t>(product >> 32);
  }
  const uint64_t threshold = (0 - range) % range;
  uint128 product = static_cast<uint128>(range) * next_uint64();
  while (static_cast<uint64_t>(product) < threshold) product = static_cast<uint128>(range) * next_uint64();
  return static_cast<int64_t>(product >> 64);
}

uint64_t Pcg64::interval(uint64_t max) {
  if (max == 0) return 0;
  const uint64_t mask = ~uint64_t{0} >> std::countl_zero(max);
  uint64_t value = 0;
  do {
    value = (max <= 0xffffffff ? next_uint32() : next_uint64()) & mask;
  } while (value > max);
  return value;
}

std::vector<int64_t> Pcg64::permutation(int64_t n) {
  std::vector<int64_t> out(static_cast<size_t>(std::max<int64_t>(n, 0)));
  std::iota(out.begin(), out.end(), int64_t{0});
  for (size_t i = out.size(); i-- > 1;) std::swap(out[i], out[interval(i)]);
  return out;
}

int64_t Pcg64::choice(std::span<const double> p) {
  check(!p.empty(), "Pcg64::choice: nothing to choose from");
  std::vector<double> cumulative(p.size());
  std::partial_sum(p.begin(), p.end(), cumulative.begin());
  const double total = cumulative.back();
  for (double& c : cumulative) c /= total;
  return std::upper_bound(cumulative.begin(), cumulative.end(), next_double()) - cumulative.begin();
}

}  // namespace pgolf
