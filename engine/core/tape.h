// Reverse-mode differentiation: ops run at once and push their backward; backward() runs them in reverse.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "engine/core/arena.h"
#include "engine/core/tensor.h"

namespace pgolf {

// Where the gradient of one variable is collected. Parameters own theirs; those of activations live on the tape.
struct GradSlot {
  Tensor grad;           // of the variable's shape; undefined until first written
  bool written = false;  // false: the first contribution is stored, later ones are added
  bool loose = false;    // the gradient is a loose tensor of the step's arena
  int uses = 0;          // backward steps that may read the variable's value
  // Of columns of another variable (engine/ops/split_columns.h): its gradient's slot, and the first of them. The
  // gradient is those columns of that one.
  GradSlot* whole = nullptr;
  int64_t first_column = 0;
};

// A tensor, and where its gradient goes if it needs one.
struct Var {
  Tensor value;
  GradSlot* slot = nullptr;

  Var() = default;
  Var(Tensor tensor, GradSlot* gradient = nullptr) : value(tensor), slot(gradient) {}  // NOLINT: a tensor is a constant
  bool needs_grad() const { return slot != nullptr; }
  const Shape& shape() const { return value.shape; }
  Var view(Shape new_shape) const { return {value.view(new_shape), slot}; }  // same elements, same gradient
};

// The target of one contribution to a gradient, as kernels take it.
struct GradTarget {
  Tensor tensor;     // undefined: not wanted
  bool add = false;  // false: store
  bool wanted() const { return tensor.defined(); }
  float beta() const { return add ? 1.0F : 0.0F; }
};

// Memory follows the steps: what an op allocated before it recorded itself, its results and what it keeps for backward,
// is freed when its backward has run, and so are the gradients of its results. Nothing reads them any more: the steps
// that are left were recorded before.
class Tape {
 public:
  explicit Tape(Arena& arena) : arena_(arena) {}

  void start() { start_ = here(); }
  GradSlot* new_slot() { return &slots_.emplace_back(); }
  void record(std::function<void()> backward) { steps_.push_back({std::move(backward), here()}); }

  // Runs every backward in reverse order; afterwards the arena's stack is as start() found it. The loss's slot must
  // have been seeded.
  void backward();
  void clear();  // forgets the steps; frees gradients, but no activations

 private:
  struct Place {
    Arena::Mark stack = 0;
    size_t slots = 0;
  };
  struct Step {
    std::function<void()> backward;
    Place after;  // its op
  };
  Place here() const { return {arena_.mark(), slots_.size()}; }
  void free_gradients(size_t slots);

  Arena& arena_;
  Place start_;
  std::deque<GradSlot> slots_;
  std::vector<Step> steps_;
};

}  // namespace pgolf
