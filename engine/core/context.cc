#include "engine/core/context.h"

#include "base/error.h"
#include "engine/core/memory.h"
#include "engine/core/stream.h"

namespace pgolf {

Context::Context(Device device, DType compute, Determinism determinism)
    : device_(device),
      compute_(compute),
      determinism_(determinism),
      stream_(create_stream(device)),
      arena_(device, Purpose::activations),
      scratch_(device, Purpose::scratch) {
  check(compute == DType::f32 || (compute == DType::bf16 && !device.is_cpu()), "{} is no compute type of this device",
        dtype_name(compute));
}

Context::~Context() { destroy_stream(stream_); }

void Context::start_tape() {
  recording_ = true;
  tape_.start();
}

void Context::stop_tape() {
  recording_ = false;
  tape_.clear();
}

void Context::backward(const Var& loss, float seed) {
  check(loss.needs_grad() && loss.value.numel() == 1,
        "backward starts from a scalar that depends on parameters, not {}", loss.shape());
  const GradTarget target = grad_target(loss);
  copy(target.tensor, Tensor{&seed, loss.shape(), DType::f32, kCpu});
  recording_ = false;
  tape_.backward();
}

Tensor Context::zeros(Shape shape, DType dtype) {
  const Tensor out = alloc(shape, dtype);
  fill_zero(out);
  return out;
}

Var Context::make_output(Tensor value, bool needs_grad) {
  return {value, recording_ && needs_grad ? tape_.new_slot() : nullptr};
}

GradTarget Context::grad_target(const Var& x) {
  if (!x.needs_grad()) return {};
  if (!x.slot->grad.defined()) give_memory(*x.slot, x.value);
  const bool add = x.slot->written;
  x.slot->written = true;
  return {x.slot->grad.view(x.value.shape), add};
}

// A gradient lies as its value does: kernels have one stride for both. Columns lie in that of the tensor they are of.
void Context::give_memory(GradSlot& slot, const Tensor& value) {
  const Shape all = value.contiguous() ? value.shape : Shape{value.numel() / value.run, value.pitch};
  GradSlot& owner = slot.whole != nullptr ? *slot.whole : slot;
  if (!owner.grad.defined()) owner.grad = arena_.alloc_loose(all, value.dtype), owner.loose = true;
  if (value.contiguous()) return;
  slot.grad = owner.grad.view(all).columns(slot.first_column, value.run);
  slot.written = owner.written;
}

GradTarget Context::grad_in_place(const Var& x) {
  if (is_last_use(x) && !x.slot->grad.defined() && x.slot->whole == nullptr) x.slot->grad = x.value;
  return grad_target(x);
}

void Context::reset() {
  stop_tape();
  arena_.reset();
}

void Context::copy(const Tensor& to, const Tensor& from) {
  check(to.dtype == from.dtype && to.numel() == from.numel(), "copy of {} {} to {} {}", dtype_name(from.dtype),
        from.shape, dtype_name(to.dtype), to.shape);
  copy_bytes(to.data, to.device, from.data, from.device, from.bytes(), stream_);
}

void Context::fill_zero(const Tensor& tensor) { pgolf::fill_zero(tensor.data, tensor.device, tensor.bytes(), stream_); }

void Context::synchronize() { synchronize_stream(stream_); }

}  // namespace pgolf
