// Loops of the CPU definitions: over rows in parallel, and sums over rows whose order does not depend on threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core/parallel.h"
#include "engine/core/tape.h"

namespace pgolf {

inline constexpr int64_t kRowGrain = 64;

// body(row) for every row, in parallel pieces of kRowGrain.
template <class Body>
void for_rows(int64_t rows, Body body) {
  parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row);
  });
}

// target[j] (+)= sum over rows of what body(row, partial) adds to partial[0..width): partial sums of kRowGrain rows in
// float32, added in order in float64.
template <class Body>
void sum_rows(int64_t rows, const GradTarget& target, Body body) {
  const int64_t width = target.tensor.numel(), pieces = (rows + kRowGrain - 1) / kRowGrain;
  std::vector<float> partial(static_cast<size_t>(pieces * width), 0.0F);
  parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    float* piece = partial.data() + begin / kRowGrain * width;
    for (int64_t row = begin; row < end; ++row) body(row, piece);
  });
  float* out = target.tensor.as<float>();
  for (int64_t j = 0; j < width; ++j) {
    double sum = target.add ? out[j] : 0.0;
    for (int64_t piece = 0; piece < pieces; ++piece) sum += partial[static_cast<size_t>(piece * width + j)];
    out[j] = static_cast<float>(sum);
  }
}

// Stores or adds one contribution to a gradient.
inline void contribute(float& gradient, float value, bool add) { gradient = add ? gradient + value : value; }

}  // namespace pgolf
