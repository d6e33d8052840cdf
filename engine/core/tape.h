// Reverse-mode differentiation: ops run at once and push their backward; backward() runs them in reverse.
#pragma once

#include <deque>
#include <functional>
#include <vector>

#include "engine/core/tensor.h"

namespace pgolf {

// Where the gradient of one variable is collected. Parameters own theirs; those of activations live on the tape.
struct GradSlot {
  Tensor grad;           // of the variable's shape; undefined until first written
  bool written = false;  // false: the first contribution is stored, later ones are added
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

class Tape {
 public:
  GradSlot* new_slot() { return &slots_.emplace_back(); }
  void record(std::function<void()> backward) { steps_.push_back(std::move(backward)); }

  // Runs every backward in reverse order, then forgets them. The loss's slot must have been seeded.
  void backward();
  void clear();

 private:
  std::deque<GradSlot> slots_;
  std::vector<std::function<void()>> steps_;
};

}  // namespace pgolf
