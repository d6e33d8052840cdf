// Causal softmax attention with grouped key/value heads, over whole rows or over packed segments.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// Segments of packed rows: positions starts[i] .. starts[i+1]-1 of the row attend among themselves only.
// i32, ascending, first 0, last T; repeated entries at the end are padding. Undefined: one segment per row.
struct Segments {
  Tensor starts;           // [n] on the context's device; B must be 1
  int64_t max_length = 0;  // longest segment
  bool packed() const { return starts.defined(); }
};

// q [B, T, H, d], k and v [B, T, G, d], H a multiple of G; query head h reads group h / (H/G). v may be columns of a
// wider tensor.
// y [B, T, H, d]:  y_t = sum_{s <= t} softmax_s(q_t · k_s / sqrt(d)) v_s.  All in one type; softmax in float32.
Var attention(Context& ctx, const Var& q, const Var& k, const Var& v, const Segments& segments = {});

template <class Backend>
struct AttentionKernel {
  // lse [B, H, T] float32: log-sum-exp of the scaled scores, kept for backward.
  static void forward(Context& ctx, const Tensor& q, const Tensor& k, const Tensor& v, const Segments& segments,
                      const Tensor& y, const Tensor& lse);
  static void backward(Context& ctx, const Tensor& dy, const Tensor& q, const Tensor& k, const Tensor& v,
                       const Segments& segments, const Tensor& y, const Tensor& lse, GradTarget dq, GradTarget dk,
                       GradTarget dv);
};

}  // namespace pgolf
