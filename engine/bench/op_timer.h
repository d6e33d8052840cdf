// Times single ops, forward and backward apart, on inputs of its own.
#pragma once

#include <cmath>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "engine/bench/bench.h"
#include "engine/bench/inputs.h"
#include "engine/bench/timer.h"

namespace pgolf {

// Times one op after the other; each op's inputs live as long as it is timed.
class OpTimer {
 public:
  OpTimer(Context& ctx, std::vector<OpTime>& out) : ctx_(ctx), arena_(ctx.device()), out_(out) {}

  Var input(Shape shape, DType dtype, float spread = 1.0F) {
    return {random(shape, dtype, spread), &input_slots_.emplace_back()};
  }
  Var activation(Shape shape) { return input(shape, ctx_.compute()); }
  // A float32 master.
  Var parameter(Shape shape) { return input(shape, DType::f32); }
  // A matrix in the compute type whose gradient is float32.
  Var weight(int64_t out, int64_t in) {
    GradSlot& slot = weight_slots_.emplace_back();
    slot.grad = arena_.alloc({out, in}, DType::f32);
    return {random({out, in}, ctx_.compute(), 1.0F / std::sqrt(static_cast<float>(in))), &slot};
  }
  Tensor tokens(Shape shape, int64_t vocab) { return random_tokens(ctx_, arena_, shape, vocab); }

  // FLOPs and bytes of forward and backward; an op without a gradient has no backward bytes.
  struct Work {
    double flops = 0, bytes = 0, backward_flops = 0, backward_bytes = 0;
  };
  void time(const std::string& name, int64_t calls, const Work& work, const std::function<std::vector<Var>()>& run) {
    std::vector<Tensor> upstream;
    const auto once = [&](const std::function<void()>& mark) {
      ctx_.reset();
      for (GradSlot& slot : input_slots_) slot = {};  // its gradient was of the step that has just been freed
      for (GradSlot& slot : weight_slots_) slot.written = false;
      ctx_.start_tape();
      const std::vector<Var> outputs = run();
      mark();
      for (size_t i = 0; i < outputs.size(); ++i) {
        const Var& y = outputs[i];
        if (i == upstream.size()) upstream.push_back(random(y.shape(), y.value.dtype, 1.0F));
        y.slot->grad = upstream[i];
        y.slot->written = true;
      }
      ctx_.backward(ctx_.output(ctx_.alloc({}, DType::f32), outputs[0]));
    };
    const std::vector<double> ms = median_parts(ctx_, {}, 2, once);
    out_.push_back({name, shape_, calls, {ms[0], work.flops, work.bytes}, {}});
    if (work.backward_bytes > 0) out_.back().backward = {ms[1], work.backward_flops, work.backward_bytes};
    ctx_.synchronize();
    input_slots_.clear();
    weight_slots_.clear();
    arena_.reset();
  }

  // The shape that the table shows for the next ops.
  void shape(const std::string& text) { shape_ = text; }

 private:
  Tensor random(Shape shape, DType dtype, float spread) {
    const Tensor out = arena_.alloc(shape, dtype);
    fill_normal(ctx_, out, spread);
    return out;
  }

  Context& ctx_;
  Arena arena_;
  std::deque<GradSlot> input_slots_, weight_slots_;
  std::vector<OpTime>& out_;
  std::string shape_;
};

}  // namespace pgolf
