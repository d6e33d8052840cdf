// Two residual lanes: attention reads the first, the MLP the second, and both write to both. Source: PR 2097.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

struct Lanes {
  Var attn, mlp;  // [..., D] in the stream's type; the same variable before the first update
};

// With A = attn_scale ⊙ attn and M = mlp_scale ⊙ mlp:
//   lanes.attn <- resid[0] lanes.attn + post[0][0] A + post[1][0] M
//   lanes.mlp  <- resid[1] lanes.mlp  + post[0][1] A + post[1][1] M
// attn, mlp [..., D] in the compute type; attn_scale, mlp_scale [D]; resid [2], post [2, 2].
Lanes update_lanes(Context& ctx, const Lanes& lanes, const Var& attn_scale, const Var& attn, const Var& mlp_scale,
                   const Var& mlp, const Var& resid, const Var& post);

// (lanes.attn + lanes.mlp) / 2.
Var mean_of(Context& ctx, const Lanes& lanes);

struct LaneInputs {
  Tensor lane0, lane1, attn_scale, attn, mlp_scale, mlp, resid, post;
};
struct LaneGradients {  // taken and written in this order
  GradTarget lane0, lane1, attn_scale, attn, mlp_scale, mlp, resid, post;
};

template <class Backend>
struct LanesKernel {
  static void update(Context& ctx, const LaneInputs& in, const Tensor& out0, const Tensor& out1);
  // dout0 or dout1, not both, may be undefined: zero.
  static void update_backward(Context& ctx, const Tensor& dout0, const Tensor& dout1, const LaneInputs& in,
                              const LaneGradients& d);
  static void mean(Context& ctx, const Tensor& lane0, const Tensor& lane1, const Tensor& y);
  static void mean_backward(Context& ctx, const Tensor& dy, GradTarget dlane0, GradTarget dlane1);
};

}  // namespace pgolf
