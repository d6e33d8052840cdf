// Rows of a table by token id.
#pragma once

#include "engine/core/context.h"

namespace pgolf {

// ids [...] i32, table [V, D] f32 -> [..., D] in `type`. Ids must be below V (checked when data is loaded).
// Gradient: dtable[v] += sum of dy over the positions of v, in order of position.
Var embedding(Context& ctx, const Tensor& ids, const Var& table, DType type);

template <class Backend>
struct EmbeddingKernel {
  static void forward(Context& ctx, const Tensor& ids, const Tensor& table, const Tensor& y);
  static void backward(Context& ctx, const Tensor& ids, const Tensor& dy, GradTarget dtable);
};

}  // namespace pgolf
