// The rows that count, of many: evaluation scores the end of a window, and behind the last attention a position needs
// no other.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// y[i] = x[rows[i]]. x [..., D] seen as rows, in the stream's or the compute type; rows [n] i32, each below their
// number (not checked); y [1, n, D] in x's type. No gradient.
Tensor take_rows(Context& ctx, const Tensor& x, const Tensor& rows);

template <class Backend>
struct TakeRowsKernel {
  static void run(Context& ctx, const Tensor& x, const Tensor& rows, const Tensor& y);
};

}  // namespace pgolf
