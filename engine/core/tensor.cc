#include "engine/core/tensor.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/error.h"

namespace pgolf {

size_t dtype_size(DType dtype) {
  switch (dtype) {
    case DType::f32: return sizeof(float);
    case DType::i32: return sizeof(int32_t);
    case DType::bf16:
    case DType::f16: return 2;
    case DType::i8:
    case DType::u8: return 1;
  }
  return 0;
}

const char* dtype_name(DType dtype) {
  constexpr const char* kNames[] = {"f32", "bf16", "f16", "i32", "i8", "u8"};
  return kNames[static_cast<size_t>(dtype)];
}

Shape::Shape(std::initializer_list<int64_t> dims) : Shape(std::vector<int64_t>(dims)) {}

Shape::Shape(const std::vector<int64_t>& dims) : rank_(static_cast<int>(dims.size())) {
  check(rank_ <= kMaxRank, "tensor rank {} is more than {}", rank_, kMaxRank);
  std::copy(dims.begin(), dims.end(), dims_.begin());
}

int64_t Shape::numel() const {
  return std::accumulate(dims_.begin(), dims_.begin() + rank_, int64_t{1}, std::multiplies<>());
}

Shape Shape::with_last(int64_t last) const {
  check(rank_ > 0, "a scalar has no last dimension");
  Shape out = *this;
  out.dims_[static_cast<size_t>(rank_ - 1)] = last;
  return out;
}

std::string Shape::str() const { return fmt::format("[{}]", fmt::join(dims_.begin(), dims_.begin() + rank_, ", ")); }

namespace {
template <class T>
constexpr DType dtype_of();
template <>
constexpr DType dtype_of<float>() {
  return DType::f32;
}
template <>
constexpr DType dtype_of<int32_t>() {
  return DType::i32;
}
template <>
constexpr DType dtype_of<int8_t>() {
  return DType::i8;
}
template <>
constexpr DType dtype_of<uint8_t>() {
  return DType::u8;
}
}  // namespace

template <class T>
T* Tensor::first() const {
  if (dtype != dtype_of<T>()) [[unlikely]]
    check(false, "tensor {} is {}, not {}", shape, dtype_name(dtype), dtype_name(dtype_of<T>()));
  return static_cast<T*>(data);
}
template float* Tensor::first<float>() const;

template <class T>
T* Tensor::as() const {
  if (!contiguous()) [[unlikely]]
    check(false, "the rows of tensor {} lie apart", shape);
  return first<T>();
}
template float* Tensor::as<float>() const;
template int32_t* Tensor::as<int32_t>() const;
template int8_t* Tensor::as<int8_t>() const;
template uint8_t* Tensor::as<uint8_t>() const;

size_t Tensor::bytes() const {
  check(contiguous(), "the rows of tensor {} lie apart", shape);
  return static_cast<size_t>(numel()) * dtype_size(dtype);
}

int64_t Tensor::row_stride(int64_t width) const {
  check(contiguous() || width == run, "rows of {} elements in {}, of which {} lie together", width, shape, run);
  return contiguous() ? width : pitch;
}

Tensor Tensor::view(Shape new_shape) const {
  check(new_shape.numel() == numel(), "a view of {} cannot be {}", shape, new_shape);
  Tensor out = *this;
  out.shape = new_shape;
  return out;
}

Tensor Tensor::slice(int64_t begin, int64_t count) const {
  check(shape.rank() > 0 && begin >= 0 && count >= 0 && begin + count <= shape[0], "rows {}..{} are outside {}", begin,
        begin + count, shape);
  std::vector<int64_t> dims;
  for (int i = 0; i < shape.rank(); ++i) dims.push_back(i == 0 ? count : shape[i]);
  Tensor out = *this;
  out.shape = Shape(dims);
  const int64_t entry = shape[0] == 0 ? 0 : numel() / shape[0];
  check(contiguous() || entry % run == 0, "a slice of {} inside {} elements that lie together", shape, run);
  out.data = at(begin * (contiguous() ? entry : entry / run * pitch));
  return out;
}

Tensor Tensor::columns(int64_t begin, int64_t count) const {
  check(contiguous() && shape.rank() > 0 && begin >= 0 && count > 0 && begin + count <= shape[-1],
        "columns {}..{} are outside {}", begin, begin + count, shape);
  Tensor out = *this;
  out.shape = shape.with_last(count);
  out.data = at(begin);
  if (count < shape[-1]) out.run = count, out.pitch = shape[-1];
  return out;
}

void* Tensor::at(int64_t element) const {
  return static_cast<std::byte*>(data) + static_cast<size_t>(element) * dtype_size(dtype);
}

Tensor Tensor::operator[](int64_t i) const {
  const Tensor row = slice(i, 1);
  std::vector<int64_t> dims;
  for (int d = 1; d < shape.rank(); ++d) dims.push_back(shape[d]);
  return row.view(Shape(dims));
}

}  // namespace pgolf
