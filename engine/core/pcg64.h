// numpy's default random generator, draw for draw: Generator(PCG64(seed)), which orders the shuffled loader's data.
//
// Bit generator: PCG XSL-RR 128/64 (O'Neill 2014), seeded through numpy's SeedSequence. A 32-bit draw takes the low
// half of a 64-bit word and keeps the high half for the next one; 64-bit and double draws leave that half waiting.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pgolf {

class Pcg64 {
 public:
  explicit Pcg64(uint64_t seed);

  uint64_t next_uint64();
  uint32_t next_uint32();
  double next_double();  // [0, 1), 53 bits

  // Generator.integers(high): uniform on [0, high), Lemire's multiplication. Draws nothing if high is 1.
  int64_t integers(int64_t high);
  // Generator.permutation(n): Fisher-Yates from the end, positions by masked rejection.
  std::vector<int64_t> permutation(int64_t n);
  // Generator.choice(len(p), p=p): one double, searched in the normalised cumulative sum. `p` need not sum to one.
  int64_t choice(std::span<const double> p);

 private:
  uint64_t interval(uint64_t max);  // uniform on [0, max], masked rejection

  unsigned __int128 state_, increment_;
  uint32_t buffered_ = 0;
  bool has_buffered_ = false;
};

}  // namespace pgolf
