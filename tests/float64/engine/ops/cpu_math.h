// Stands in for engine/ops/cpu_math.h, whose series are as long as float32 needs them.
#pragma once

#include <cmath>

namespace pgolf {

inline double exp_of(double x) { return std::exp(x); }
inline double tanh_of(double u) { return std::tanh(u); }
inline double sigmoid_of(double x) { return 1.0 / (1.0 + std::exp(-x)); }

}  // namespace pgolf
