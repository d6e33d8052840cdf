// Loops of the CPU definitions: over rows in parallel, and sums over rows whose order does not depend on threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core/parallel.h"
#include "engine/core/tape.h"
#include "engine/ops/cpu_math.h"

namespace pgolf {

inline constexpr int64_t kRowGrain = 64;

// body(row) for every row, in parallel pieces of kRowGrain.
template <class Body>
void for_rows(int64_t rows, Body body) {
  parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    Body own = body;
    for (int64_t row = begin; row < end; ++row) own(row);
  });
}

// The rows of a tensor, which may be columns of a wider one: `together` of them lie one after the other.
struct Rows {
  float* data;
  int64_t width, together, stride;
  explicit Rows(const Tensor& t)
      : data(t.first<float>()),
        width(t.cols()),
        together(t.contiguous() ? 1 : t.run / t.cols()),
        stride(t.contiguous() ? t.cols() : t.pitch) {}
  float* operator[](int64_t row) const { return data + row / together * stride + row % together * width; }
};

// body(i) for every element of a tensor, in parallel pieces.
template <class Body>
void for_elements(int64_t count, Body body) {
  constexpr int64_t kElementGrain = int64_t{1} << 14;
  parallel_for(count, kElementGrain, [&](int64_t begin, int64_t end) {
    Body own =
        body;  // a copy whose numbers no store through a pointer can change, so that the loop becomes vector code
    for (int64_t i = begin; i < end; ++i) own(i);
  });
}

// target[j] (+)= sum over rows of what body(row, partial) adds to partial[0..width), in float64 and a fixed order:
// gradients of gains are small differences of large sums.
template <class Body>
void sum_rows(int64_t rows, const GradTarget& target, Body body) {
  const int64_t width = target.tensor.numel(), pieces = (rows + kRowGrain - 1) / kRowGrain;
  std::vector<double> partial(static_cast<size_t>(pieces * width), 0.0);
  parallel_for(rows, kRowGrain, [&](int64_t begin, int64_t end) {
    double* piece = partial.data() + begin / kRowGrain * width;
    for (int64_t row = begin; row < end; ++row) body(row, piece);
  });
  float* out = target.tensor.as<float>();
  for (int64_t j = 0; j < width; ++j) {
    double sum = target.add ? out[j] : 0.0;
    for (int64_t piece = 0; piece < pieces; ++piece) sum += partial[static_cast<size_t>(piece * width + j)];
    out[j] = static_cast<float>(sum);
  }
}

inline float dot(const float* a, const float* b, int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t j = 0; j < n; ++j) sum += a[j] * b[j];
  return sum;
}

inline float max_of(const float* x, int64_t n) {
  float max = x[0];
#pragma omp simd reduction(max : max)
  for (int64_t j = 1; j < n; ++j) max = x[j] > max ? x[j] : max;
  return max;
}

inline std::vector<float> sigmoids(const Tensor& gate) {
  std::vector<float> g(static_cast<size_t>(gate.numel()));
  for (size_t j = 0; j < g.size(); ++j) g[j] = sigmoid_of(gate.as<float>()[j]);
  return g;
}

// Stores or adds one contribution to a gradient.
inline void contribute(float& gradient, float value, bool add) { gradient = add ? gradient + value : value; }

}  // namespace pgolf
