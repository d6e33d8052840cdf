#include "tests/support/op_run.h"

#include <bit>
#include <random>

#include "base/error.h"
#include "engine/ops/cast.h"

namespace pgolf {
namespace {

using Role = OpInput::Role;

Floats normals(uint64_t seed, int64_t count, double mean, double spread) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> distribution;
  Floats out(static_cast<size_t>(count));
  for (float& x : out) {
    const double value = mean + spread * distribution(generator);
    x = std::bit_cast<float>((std::bit_cast<uint32_t>(static_cast<float>(value)) + 0x8000U) & 0xffff0000U);
  }
  return out;
}

// Device memory of one run, and what is done with it.
struct Memory {
  Context& ctx;
  Arena arena{ctx.device()};

  Tensor upload(const Floats& values, const Shape& shape, DType dtype) {
    Floats host = values;
    const Tensor f32 = arena.alloc(shape, DType::f32);
    ctx.copy(f32, Tensor{host.data(), shape, DType::f32, kCpu});
    if (dtype == DType::f32) return f32;
    const Tensor out = arena.alloc(shape, dtype);
    cast_into(ctx, f32, {out});
    return out;
  }

  Tensor upload_integers(const Floats& values, const Shape& shape) {
    std::vector<int32_t> host(values.begin(), values.end());
    const Tensor out = arena.alloc(shape, DType::i32);
    ctx.copy(out, Tensor{host.data(), shape, DType::i32, kCpu});
    return out;
  }

  Floats download(const Tensor& x) {
    Floats host(static_cast<size_t>(x.numel()));
    if (host.empty()) return host;
    if (x.dtype == DType::i32) {
      std::vector<int32_t> integers(host.size());
      ctx.copy(Tensor{integers.data(), x.shape, DType::i32, kCpu}, x);
      return {integers.begin(), integers.end()};
    }
    const Tensor f32 = arena.alloc(x.shape, DType::f32);
    cast_into(ctx, x, {f32});
    ctx.copy(Tensor{host.data(), x.shape, DType::f32, kCpu}, f32);
    return host;
  }
};

DType value_type(Role role, const Context& ctx, const OpRunOptions& options) {
  switch (role) {
    case Role::activation:
    case Role::weight: return ctx.compute();
    case Role::stream: return options.stream_type;
    case Role::integers: return DType::i32;
    default: return DType::f32;
  }
}

// The inputs of one run with the slots that collect their gradients.
struct Variables {
  std::vector<GradSlot> slots;
  std::vector<Var> vars;

  Variables(const OpCase& op, const OpRunOptions& options, Memory& memory) : slots(op.inputs.size()) {
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const OpInput& input = op.inputs[i];
      const DType dtype = value_type(input.role, memory.ctx, options);
      const Floats values = input_values(op, i);
      const Tensor value =
          dtype == DType::i32 ? memory.upload_integers(values, input.shape) : memory.upload(values, input.shape, dtype);
      const bool wanted = input.differentiable() && options.only_input.value_or(i) == i;
      vars.emplace_back(value, wanted ? &slots[i] : nullptr);
      if (!wanted) continue;
      const bool own_gradient = input.role == Role::weight || input.role == Role::parameter;
      if (own_gradient || options.accumulate)
        slots[i].grad = memory.upload(accumulated_start(op, i), input.shape, own_gradient ? DType::f32 : dtype);
      slots[i].written = options.accumulate;
    }
    if (options.same) {
      const auto [first, second] = *options.same;
      vars[second].value = vars[first].value;
      if (options.one_variable) vars[second].slot = vars[first].slot;
    }
  }
};

// Seeds every output's gradient and runs the tape.
void run_backward(const OpCase& op, const std::vector<Var>& outputs, Memory& memory) {
  Var scalar;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Var& y = outputs[i];
    if (!y.needs_grad()) continue;
    y.slot->grad = memory.upload(upstream(op, i, y.value.numel()), y.shape(), y.value.dtype);
    y.slot->written = true;
    scalar = memory.ctx.output(memory.ctx.alloc({}, DType::f32), y);
  }
  if (scalar.needs_grad()) memory.ctx.backward(scalar);
}

}  // namespace

Floats input_values(const OpCase& op, size_t i) {
  const OpInput& input = op.inputs[i];
  if (!input.values.empty()) return {input.values.begin(), input.values.end()};
  const uint64_t seed = op.seed * 1000 + i;
  if (input.role != OpInput::Role::integers) return normals(seed, input.shape.numel(), input.mean, input.spread);
  std::mt19937_64 generator(seed);
  std::uniform_int_distribution<int64_t> distribution(0, input.below - 1);
  Floats out(static_cast<size_t>(input.shape.numel()));
  for (float& x : out) x = static_cast<float>(distribution(generator));
  return out;
}

std::vector<RefTensor> reference_inputs(const OpCase& op) {
  std::vector<RefTensor> out;
  for (size_t i = 0; i < op.inputs.size(); ++i) {
    const Floats values = input_values(op, i);
    out.emplace_back(op.inputs[i].shape).data.assign(values.begin(), values.end());
  }
  return out;
}

Floats upstream(const OpCase& op, size_t output, int64_t count) {
  return normals(op.seed * 1000 + 500 + output, count, 0, 1);
}

Floats accumulated_start(const OpCase& op, size_t input) {
  return normals(op.seed * 1000 + 700 + input, op.inputs[input].shape.numel(), 0, 1);
}

OpResult run_op(const OpCase& op, Context& ctx, const OpRunOptions& options) {
  Memory memory{ctx};
  const Variables variables(op, options, memory);
  if (options.record) ctx.start_tape();
  const std::vector<Var> outputs = op.run(ctx, variables.vars);
  OpResult result;
  for (const Var& y : outputs) {
    check(options.record || !y.needs_grad(), "{}: an output needs a gradient without a tape", op.name);
    result.shapes.push_back(y.shape());
    result.outputs.push_back(memory.download(y.value));
  }
  run_backward(op, outputs, memory);
  for (const GradSlot& slot : variables.slots)
    result.grads.push_back(slot.written ? memory.download(slot.grad) : Floats{});
  ctx.reset();
  return result;
}

}  // namespace pgolf
