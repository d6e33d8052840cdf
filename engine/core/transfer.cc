#include "engine/core/transfer.h"

#include "base/error.h"

namespace pgolf {
namespace {

template <class T>
Tensor upload_as(Context& ctx, std::span<const T> values, Shape shape, DType dtype) {
  check(static_cast<int64_t>(values.size()) == shape.numel(), "upload of {} values as {}", values.size(), shape);
  const Tensor out = ctx.alloc(shape, dtype);
  ctx.copy(out, Tensor{const_cast<T*>(values.data()), shape, dtype, kCpu});
  return out;
}

}  // namespace

Tensor upload(Context& ctx, std::span<const int32_t> values, Shape shape) {
  return upload_as(ctx, values, shape, DType::i32);
}
Tensor upload(Context& ctx, std::span<const float> values, Shape shape) {
  return upload_as(ctx, values, shape, DType::f32);
}

std::vector<float> download(Context& ctx, const Tensor& tensor) {
  std::vector<float> out(static_cast<size_t>(tensor.numel()));
  ctx.copy(Tensor{out.data(), tensor.shape, DType::f32, kCpu}, tensor);
  return out;
}

float download_scalar(Context& ctx, const Tensor& tensor) { return download(ctx, tensor).at(0); }

}  // namespace pgolf
