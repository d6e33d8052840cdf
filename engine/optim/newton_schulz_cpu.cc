#include <cmath>

#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/optim/newton_schulz.h"

namespace pgolf {

template <>
void NewtonSchulzKernel<Cpu>::normalize(Context&, const Tensor& x) {
  const int64_t numel = x.shape[1] * x.shape[2];
  parallel_for(x.shape[0], 1, [&](int64_t begin, int64_t end) {
    for (int64_t matrix = begin; matrix < end; ++matrix) {
      float* v = x.as<float>() + matrix * numel;
      double sum = 0;
      for (int64_t i = 0; i < numel; ++i) sum += static_cast<double>(v[i]) * v[i];
      const float inverse = 1.0F / (static_cast<float>(std::sqrt(sum)) + 1e-7F);
      for (int64_t i = 0; i < numel; ++i) v[i] *= inverse;
    }
  });
}

template <>
void NewtonSchulzKernel<Cpu>::combine(Context&, const Tensor& gram, const Tensor& square, float b, float c) {
  const float* a1 = gram.as<float>();
  float* a2 = square.as<float>();
  parallel_for(gram.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) a2[i] = b * a1[i] + c * a2[i];
  });
}

}  // namespace pgolf
