// The gated U-Net skip: what the decoder takes back from the encoder.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y = w ⊙ s + sigmoid(gate) ⊙ (x - w ⊙ s). x, s [..., D]; weight w, gate [D]; y has x's type. Source: PR 2143, 2097;
// the ungated skip of the others is add_scaled.
Var skip_gated(Context& ctx, const Var& x, const Var& weight, const Var& gate, const Var& s);

template <class Backend>
struct SkipGatedKernel {
  static void forward(Context& ctx, const Tensor& x, const Tensor& weight, const Tensor& gate, const Tensor& s,
                      const Tensor& y);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& x, const Tensor& weight, const Tensor& gate,
                       const Tensor& s, GradTarget dx, GradTarget dweight, GradTarget dgate, GradTarget ds);
};

}  // namespace pgolf
