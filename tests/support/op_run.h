// Runs a case of an op once, forward and backward, and brings everything to the host (used by op_check).
#pragma once

#include <optional>
#include <utility>

#include "tests/support/op_check.h"

namespace pgolf {

using Floats = std::vector<float>;

struct OpRunOptions {
  std::optional<size_t> only_input = {};  // alone needs a gradient; default: all differentiable inputs
  bool record = true;
  bool accumulate = false;                             // gradient slots hold accumulated_start() already
  std::optional<std::pair<size_t, size_t>> same = {};  // the second input has the first one's value ...
  bool one_variable = false;                           // ... and is the same variable
  DType stream_type = DType::f32;
};

struct OpResult {
  std::vector<Shape> shapes;
  std::vector<Floats> outputs;
  std::vector<Floats> grads;  // per input; empty where it has none
};

// Values of an input: seeded, and representable in bfloat16 so that every compute type starts from the same numbers.
Floats input_values(const OpCase& op, size_t input);
// The gradient that flows into an output.
Floats upstream(const OpCase& op, size_t output, int64_t count);
// What a gradient slot holds before an accumulating run.
Floats accumulated_start(const OpCase& op, size_t input);

OpResult run_op(const OpCase& op, Context& ctx, const OpRunOptions& options = {});

}  // namespace pgolf
