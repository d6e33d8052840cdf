#include "engine/ops/rope.h"

#include <cmath>

#include "engine/core/backend.h"

namespace pgolf {
namespace {

// Rounded to the eight significant bits of bfloat16, ties to even; what is rounded here lies within its range.
float round_to_bf16(float x) {
  int exponent;
  const float significand = std::frexp(x, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(significand, 8)), exponent - 8);
}

bool rescaled(const RopeSpec& spec, int64_t T) { return spec.ntk && T > spec.ntk_from; }

std::vector<float> frequencies(const RopeSpec& spec, int64_t T) {
  const auto dims = static_cast<double>(spec.dims);
  double base = spec.base;
  if (rescaled(spec, T))
    base *= std::pow(static_cast<double>(T) / static_cast<double>(spec.ntk_from), dims / (dims - 2));
  std::vector<float> f(static_cast<size_t>(spec.dims / 2));
  for (size_t j = 0; j < f.size(); ++j) {
    f[j] = static_cast<float>(std::pow(base, -2.0 * static_cast<double>(j) / dims));
    if (spec.bf16_freqs && !rescaled(spec, T)) f[j] = round_to_bf16(f[j]);
  }
  return f;
}

}  // namespace

RopeTable make_rope_table(Context& ctx, const RopeSpec& spec, int64_t T) {
  check(spec.dims >= 0 && spec.dims % 2 == 0, "rope: {} rotary dimensions", spec.dims);
  check(!spec.ntk || spec.dims > 2, "rope: the length rule needs more than {} dimensions", spec.dims);
  if (spec.dims == 0) return {};
  const std::vector<float> f = frequencies(spec, T);
  const bool rounds = spec.bf16_angles && !rescaled(spec, T);
  const Shape shape{T, spec.dims / 2};
  std::vector<float> cosines, sines;
  for (int64_t t = 0; t < T; ++t)
    for (const float frequency : f) {
      const double angle =
          rounds ? round_to_bf16(round_to_bf16(static_cast<float>(t)) * frequency) : static_cast<double>(t) * frequency;
      cosines.push_back(static_cast<float>(std::cos(angle)));
      sines.push_back(static_cast<float>(std::sin(angle)));
    }
  const RopeTable table{ctx.alloc(shape, DType::f32), ctx.alloc(shape, DType::f32)};
  ctx.copy(table.cos, Tensor{cosines.data(), shape, DType::f32, kCpu});
  ctx.copy(table.sin, Tensor{sines.data(), shape, DType::f32, kCpu});
  return table;
}

Var norm_rope(Context& ctx, const Var& x, const RopeTable& rope, const Var& gain) {
  const Shape& s = x.shape();
  check(s.rank() == 4 && rope.dims() <= s[3], "norm_rope: x {}, {} rotary dimensions", s, rope.dims());
  check(rope.dims() == 0 || rope.cos.rows() >= s[1], "norm_rope: x {}, but {} positions in the table", s,
        rope.dims() == 0 ? 0 : rope.cos.rows());
  check(!gain.value.defined() || gain.shape() == Shape({s[2]}), "norm_rope: x {}, gain {}", s, gain.shape());
  const Var y = ctx.output(ctx.alloc(s, x.value.dtype), x, gain);
  const Tensor rstd = ctx.alloc({s[0], s[1], s[2]}, DType::f32);
  on_device(ctx.device(),
            [&](auto b) { NormRopeKernel<decltype(b)>::forward(ctx, x.value, rope, gain.value, y.value, rstd); });
  ctx.on_backward(y, [&ctx, x, rope, gain, rstd](const Tensor& dy) {
    const GradTarget dx = ctx.grad_target(x), dgain = ctx.grad_target(gain);
    on_device(ctx.device(), [&](auto b) {
      NormRopeKernel<decltype(b)>::backward(ctx, dy, x.value, rope, gain.value, rstd, dx, dgain);
    });
  });
  return y;
}

}  // namespace pgolf
