// Functions of the CPU definitions in a form that compilers turn into vector code: the library's are called one by one.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace pgolf {

// exp(x) within two units in the last place; 0 below the smallest normal number's logarithm, which it clamps to.
// x = n ln 2 + r, |r| <= ln(2)/2: 2^n times the series of exp(r) (coefficients: Cephes expf).
inline float exp_of(float x) {
  constexpr float kMin = -87.3365F, kMax = 88.3762F,
                  kRounding = 12582912.0F;  // 1.5 · 2^23: adding it rounds to integers
  constexpr float kInverseLn2 = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  x = x < kMin ? kMin : x > kMax ? kMax : x;
  const float n = (x * kInverseLn2 + kRounding) - kRounding;
  const float r = (x - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  const auto power = std::bit_cast<float>((static_cast<int32_t>(n) + 127) << 23);
  return (p * r * r + r + 1.0F) * power;
}

// tanh(u) by its series where that is exact to float32, else by an exponential.
inline float tanh_of(float u) {
  const float s = u * u;
  const float series = u * (1.0F + s * (-1.0F / 3 + s * (2.0F / 15 + s * (-17.0F / 315 + s * (62.0F / 2835)))));
  const float by_exp = 1.0F - 2.0F / (exp_of(2.0F * u) + 1.0F);
  return s < 0.0625F ? series : by_exp;
}

inline float sigmoid_of(float x) { return 1.0F / (1.0F + exp_of(-x)); }

}  // namespace pgolf
