#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/codec/float16.h"
#include "engine/core/backend.h"
#include "engine/core/parallel.h"
#include "engine/optim/flat.h"

namespace pgolf {
namespace {
constexpr int64_t kGrain = 1 << 16;
}

template <>
void FlatKernel<Cpu>::axpby(Context&, float a, const Tensor& x, float b, const Tensor& y) {
  const float* from = x.as<float>();
  float* to = y.as<float>();
  parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) to[i] = a * from[i] + b * to[i];
  });
}

template <>
void FlatKernel<Cpu>::norm(Context&, const Tensor& x, const Tensor& norm) {
  const float* v = x.as<float>();
  std::vector<double> sums(static_cast<size_t>((x.numel() + kGrain - 1) / kGrain));
  parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    double sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += static_cast<double>(v[i]) * v[i];
    sums[static_cast<size_t>(begin / kGrain)] = sum;
  });
  double total = 0;
  for (const double sum : sums) total += sum;
  *norm.as<float>() = static_cast<float>(std::sqrt(total));
}

template <>
void FlatKernel<Cpu>::clip(Context& ctx, const Tensor& x, const Tensor& norm, float max_norm) {
  const float factor = std::min(float{1}, max_norm / (*norm.as<float>() + 1e-6F));
  if (factor < 1) axpby(ctx, factor, x, 0.0F, x);
}

template <>
void FlatKernel<Cpu>::round_bf16(Context&, const Tensor& x) {
  float* v = x.as<float>();
  parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) v[i] = round_to_bf16(v[i]);
  });
}

}  // namespace pgolf
