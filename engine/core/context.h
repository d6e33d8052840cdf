// What every op needs: where it runs, where its results live, and whether it is being differentiated.
#pragma once

#include "engine/core/arena.h"
#include "engine/core/tape.h"
#include "engine/core/tensor.h"

namespace pgolf {

class Stream;

// repeatable: equal inputs give equal bits on every GPU of one model. fast: a GPU may choose how it sums by measuring,
// so that another run may sum in another order. The CPU is repeatable always.
enum class Determinism { repeatable, fast };

class Context {
 public:
  // `compute` is the type of activations and matrix operands: f32 on the CPU, bf16 on CUDA unless f32 is asked for.
  explicit Context(Device device) : Context(device, device.is_cpu() ? DType::f32 : DType::bf16) {}
  Context(Device device, DType compute, Determinism determinism = Determinism::repeatable);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  Device device() const { return device_; }
  DType compute() const { return compute_; }
  Determinism determinism() const { return determinism_; }
  Stream* stream() const { return stream_; }
  Arena& arena() { return arena_; }      // activations and their gradients
  Arena& scratch() { return scratch_; }  // within one op, through ArenaScope

  // Differentiation is on between start_tape() and backward() or stop_tape().
  bool recording() const { return recording_; }
  void start_tape();
  void stop_tape();
  // Seeds d(loss) = `seed` (for a mean over micro-batches: 1/A), runs the tape backward, and stops it. Tensors that
  // were allocated since start_tape(), the loss among them, are gone afterwards.
  void backward(const Var& loss, float seed = 1.0F);

  Tensor alloc(Shape shape, DType dtype) { return arena_.alloc(shape, dtype); }
  Tensor alloc(Shape shape) { return arena_.alloc(shape, compute_); }
  Tensor zeros(Shape shape, DType dtype);

  // The result of an op: has a gradient slot if recording and any input needs a gradient.
  template <class... Inputs>
  Var output(Tensor value, const Inputs&... inputs) {
    (keep(inputs), ...);
    return make_output(value, (inputs.needs_grad() || ...));
  }
  // The same for an op that adds to y in place: where y has a gradient, the sum is y.
  template <class... Inputs>
  Var output_in_place(const Var& y, const Inputs&... inputs) {
    const Var sum = output(y.value, inputs...);
    return y.needs_grad() ? y : sum;
  }
  // Some backward step will read x's value. An op's inputs are kept by output(); it keeps its own result, if its
  // backward reads that.
  void keep(const Var& x) {
    if (recording_ && x.needs_grad()) ++x.slot->uses;
  }

  // backward(dy) runs in the backward pass if anything used y. Does nothing if y needs no gradient.
  template <class F>
  void on_backward(const Var& y, F backward) {
    if (!y.needs_grad()) return;
    tape_.record([slot = y.slot, shape = y.shape(), backward] {
      if (slot->written) backward(slot->grad.view(shape));
    });
  }

  // For ops with several outputs: runs in the backward pass, and looks itself at which gradients were written.
  void record(std::function<void()> backward) { tape_.record(std::move(backward)); }

  // Where a contribution to d(x) goes; allocates an activation's gradient (in its type) on first use, or the one that
  // it is columns of. Two inputs of an
  // op may be the same variable: targets are taken in the order of the kernel's parameters, and a kernel writes them in
  // that order.
  GradTarget grad_target(const Var& x);

  // In the backward step of an op with input x: whether no other step will read x's value, so that this one may write
  // over it once it has read it.
  bool is_last_use(const Var& x) const { return x.needs_grad() && x.slot->uses == 1; }
  // As grad_target(), with the gradient in the place of the value where that is possible.
  GradTarget grad_in_place(const Var& x);

  // Starts a step: frees activations and gradients of the last one.
  void reset();

  void copy(const Tensor& to, const Tensor& from);  // same type and count; either may be on the CPU
  void fill_zero(const Tensor& tensor);
  void synchronize();  // waits for the device

 private:
  Var make_output(Tensor value, bool needs_grad);
  void give_memory(GradSlot& slot, const Tensor& value);

  Device device_;
  DType compute_;
  Determinism determinism_;
  Stream* stream_ = nullptr;
  Arena arena_, scratch_;
  Tape tape_{arena_};
  bool recording_ = false;
};

}  // namespace pgolf
