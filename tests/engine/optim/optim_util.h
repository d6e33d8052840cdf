// What the optimizer tests share: filling tensors, and giving a parameter a gradient as a backward pass would.
#pragma once

#include <random>
#include <vector>

#include "engine/core/transfer.h"
#include "engine/model/params.h"

namespace pgolf {

inline std::vector<float> normals(uint32_t seed, int64_t count, float std = 1) {
  std::mt19937 rng(seed);
  std::normal_distribution<float> normal(0, std);
  std::vector<float> out(static_cast<size_t>(count));
  for (float& x : out) x = normal(rng);
  return out;
}

inline void set_values(Context& ctx, const Tensor& tensor, std::vector<float> values) {
  ctx.copy(tensor, {values.data(), tensor.shape, DType::f32, kCpu});
}

inline void set_grad(Context& ctx, const Param& param, std::vector<float> values) {
  set_values(ctx, param.grad, std::move(values));
  for (GradSlot& slot : param.slots) slot.written = true;
}

// Normal values for every tensor, normal gradients for those that `has_grad(name)`.
inline void fill_masters(Context& ctx, const Params& params, uint32_t seed) {
  for (const Param& p : params.list()) set_values(ctx, p.master, normals(seed++, p.master.numel()));
}

template <class F>
void fill_grads(Context& ctx, const Params& params, uint32_t seed, F has_grad) {
  for (const Param& p : params.list())
    if (has_grad(p.name)) set_grad(ctx, p, normals(seed++, p.master.numel()));
}

inline void fill_grads(Context& ctx, const Params& params, uint32_t seed) {
  fill_grads(ctx, params, seed, [](const std::string&) { return true; });
}

}  // namespace pgolf
