// The residual stream: scaled additions, and mixes fused with the norm that reads their result.
// Types: the stream keeps its own type (float32 in PR 334, bfloat16 elsewhere); a norm's result has the compute type.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y = x + gain ⊙ f. x, f [..., D]; gain [D], or [] for one factor. y has x's type; x may be columns of a wider tensor.
// Source: U-Net skips and the
// bigram embedding of all five submissions; block outputs where an adapter adds to the branch first.
Var add_scaled(Context& ctx, const Var& x, const Var& gain, const Var& f);

struct Normed {
  Var stream;  // [..., D] in the stream's type
  Var norm;    // [..., D] in the compute type: scale · rms_norm(stream)
};

// stream = mix[0] ⊙ x + mix[1] ⊙ x0, and its norm. mix [2, D]. Source: resid_mix of all five submissions.
Normed mix_norm(Context& ctx, const Var& x, const Var& x0, const Var& mix, float scale);

template <class Backend>
struct ResidualKernel {
  static void add_forward(Context& ctx, const Tensor& x, const Tensor& gain, const Tensor& f, const Tensor& y);
  // Of gain and f; that of x is dy.
  static void add_backward(Context& ctx, const Tensor& dy, const Tensor& gain, const Tensor& f, GradTarget dgain,
                           GradTarget df);

  static void mix_forward(Context& ctx, const Tensor& x, const Tensor& x0, const Tensor& mix, const Tensor& stream,
                          const Tensor& norm, const Tensor& rstd, float scale);

  // What the backward pass starts from: ds = dstream + gradient through the norm. Either may be undefined.
  struct Upstream {
    Tensor dstream, dnorm, stream, rstd;
    float scale;
  };
  static void mix_backward(Context& ctx, const Upstream& up, const Tensor& x, const Tensor& x0, const Tensor& mix,
                           GradTarget dx, GradTarget dx0, GradTarget dmix);
};

}  // namespace pgolf
