// What queries and keys get before attention: RMS norm per head, partial rotary position, gain per head.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// cos and sin of position t times frequency j: [T, rope_dims/2] float32 each.
struct RopeTable {
  Tensor cos, sin;
  int64_t dims() const { return cos.defined() ? 2 * cos.cols() : 0; }
};

// How the frequencies f_j = base^(-2j/dims) are made. Source: docs/techniques.md, rotary positions.
struct RopeSpec {
  int64_t dims = 16;
  double base = 10000.0;
  bool ntk = false;  // beyond ntk_from tokens: base · (T / ntk_from)^(dims / (dims - 2))
  int64_t ntk_from = 1024;
  // Unless the base was rescaled, rounded to bfloat16: f_j; t and t · f_j as well.
  bool bf16_freqs = false;
  bool bf16_angles = false;
};

// The table for T positions, computed in float64 from float32 frequencies and stored in the context's arena.
RopeTable make_rope_table(Context& ctx, const RopeSpec& spec, int64_t T);

// x [B, T, H, d] -> y of the same shape and type: each head is RMS-normalised, its first rope.dims() dimensions rotate
// in pairs (j, j + dims/2):  y_j = x_j cos + x_{j+dims/2} sin,  y_{j+dims/2} = -x_j sin + x_{j+dims/2} cos,
// and the head is multiplied by gain[h] (gain undefined: 1). x may be columns of a wider tensor. Source: all five
// submissions.
Var norm_rope(Context& ctx, const Var& x, const RopeTable& rope, const Var& gain);

template <class Backend>
struct NormRopeKernel {
  // rstd [B, T, H] float32; gain may be undefined.
  static void forward(Context& ctx, const Tensor& x, const RopeTable& rope, const Tensor& gain, const Tensor& y,
                      const Tensor& rstd);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& x, const RopeTable& rope, const Tensor& gain,
                       const Tensor& rstd, GradTarget dx, GradTarget dgain);
};

}  // namespace pgolf
