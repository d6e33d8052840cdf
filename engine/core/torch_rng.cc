#include "engine/core/torch_rng.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace pgolf {

void TorchRng::uniform(std::span<float> out, float from, float to) {
  const double width = to - from;
  for (float& x : out) x = static_cast<float>(static_cast<double>(next_float()) * width + from);
}

void TorchRng::normal(std::span<float> out, float std) {
  constexpr size_t kBlock = 16;
  if (out.size() < kBlock) {
    for (float& x : out) x = static_cast<float>(normal_double() * static_cast<double>(std));
    return;
  }
  for (float& x : out) x = next_float();
  const size_t whole = out.size() / kBlock * kBlock;
  for (size_t i = 0; i < whole; i += kBlock) normal_block(&out[i], std);
  if (whole == out.size()) return;
  const auto tail = out.last(kBlock);
  for (float& x : tail) x = next_float();
  normal_block(tail.data(), std);
}

void TorchRng::normal_block(float* block, float std) {
  for (int j = 0; j < 8; ++j) {
    const float radius = std::sqrt(-2.0F * std::log(1.0F - block[j]));
    const float theta = 2.0F * std::numbers::pi_v<float> * block[j + 8];
    block[j] = radius * std::cos(theta) * std;
    block[j + 8] = radius * std::sin(theta) * std;
  }
}

double TorchRng::next_double() {
  const uint64_t high = engine_();
  const uint64_t bits = high << 32 | static_cast<uint64_t>(engine_());
  return static_cast<double>(bits & ((uint64_t{1} << 53) - 1)) * 0x1p-53;
}

double TorchRng::normal_double() {
  if (kept_) return *std::exchange(kept_, std::nullopt);
  const double u = next_double(), v = next_double();
  const double radius = std::sqrt(-2.0 * std::log1p(-v)), theta = 2.0 * std::numbers::pi * u;
  kept_ = radius * std::sin(theta);
  return radius * std::cos(theta);
}

}  // namespace pgolf
