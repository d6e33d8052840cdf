// Cases of ops that take columns of a wider tensor.
#pragma once

#include <utility>
#include <vector>

#include "engine/ops/cast.h"
#include "engine/ops/linear.h"
#include "engine/ops/split_columns.h"
#include "tests/support/op_check.h"

namespace pgolf {

// The case with input `i`, [.., D] or [B, T, G, d], made by a product as both halves of one tensor's rows: the op runs
// on each, and its outputs come twice.
inline OpCase on_columns(OpCase op, size_t i) {
  op.name += "_of_columns";
  op.run = [i, run = op.run](Context& ctx, Inputs in) {
    const Shape& shape = in[i].shape();
    const Shape rows = shape.rank() == 4 ? Shape{shape[0], shape[1], shape[2] * shape[3]} : shape;
    const int64_t width = rows[-1];
    std::vector<float> twice(static_cast<size_t>(2 * width * width));
    for (int64_t j = 0; j < 2 * width; ++j) twice[static_cast<size_t>(j * width + j % width)] = 1;
    const Tensor identities = ctx.alloc({2 * width, width}, DType::f32);
    ctx.copy(identities, {twice.data(), identities.shape, DType::f32, kCpu});
    const Var both = linear(ctx, in[i].view(rows), cast(ctx, identities, ctx.compute()));
    std::vector<Var> outputs;
    for (const Var& part : split_columns(ctx, both, {width, width})) {
      std::vector<Var> inputs(in.begin(), in.end());
      inputs[i] = part.view(shape);
      for (const Var& output : run(ctx, inputs)) outputs.push_back(output);
    }
    return outputs;
  };
  op.reference = [reference = op.reference](RefInputs in) {
    std::vector<RefTensor> once = reference(in), outputs = once;
    outputs.insert(outputs.end(), once.begin(), once.end());
    return outputs;
  };
  return op;
}

}  // namespace pgolf
