// Exclusive self-attention: a head's output without its component along the position's own value.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

inline constexpr float kXsaMinNorm = 1e-12F;  // below it a value counts as having this norm

// z_h = y_h - (y_h · n) n, n = v_g / max(|v_g|, kXsaMinNorm), g = h / (H/G). y, z [B, T, H, d], v [B, T, G, d], the v
// that attention used, which may be columns of a wider tensor; all in one type. Source: PR 754 (last four layers), 849,
// 2143, 2097.
Var xsa(Context& ctx, const Var& y, const Var& v);

template <class Backend>
struct XsaKernel {
  static void forward(Context& ctx, const Tensor& y, const Tensor& v, const Tensor& z);
  // dy = dz - (dz · n) n;  with e = -sum over the group's heads of (y · n) dz + (dz · n) y:
  // dv = (e - (e · n) n) / |v|, or e / kXsaMinNorm below that norm.
  static void backward(Context& ctx, const Tensor& dz, const Tensor& y, const Tensor& v, GradTarget dy, GradTarget dv);
};

}  // namespace pgolf
