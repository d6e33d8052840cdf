// A tensor is a view: shape, type, device and address. Memory belongs to an Arena.
// Row-major and contiguous; a slice of the leading dimension is again a tensor. Columns of a wider tensor are one too,
// whose rows lie apart, and only ops that say so take it.
#pragma once

#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace pgolf {

enum class DType : uint8_t { f32, bf16, f16, i32, i8, u8 };
size_t dtype_size(DType dtype);
const char* dtype_name(DType dtype);

// The meta device has no memory: tensors there have shapes, types and addresses, and nothing is computed. Code that
// runs on it shows what memory it would take (engine/memory).
struct Device {
  int cuda_index = -1;  // -1: the CPU; -2: the meta device
  bool is_cpu() const { return cuda_index == -1; }
  bool is_meta() const { return cuda_index == -2; }
  bool operator==(const Device&) const = default;
};
inline constexpr Device kCpu{}, kMeta{-2};

class Shape {
 public:
  static constexpr int kMaxRank = 4;
  Shape() = default;  // [] : one element
  Shape(std::initializer_list<int64_t> dims);
  explicit Shape(const std::vector<int64_t>& dims);

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return dims_[static_cast<size_t>(i < 0 ? i + rank_ : i)]; }  // -1: the last
  int64_t numel() const;
  Shape with_last(int64_t last) const;  // the same but for the last dimension
  bool operator==(const Shape&) const = default;
  std::string str() const;  // "[2, 64, 512]"

 private:
  std::array<int64_t, kMaxRank> dims_{};
  int rank_ = 0;
};

struct Tensor {
  void* data = nullptr;
  Shape shape;
  DType dtype = DType::f32;
  Device device = kCpu;
  // Of columns(): `run` elements lie together, `pitch` elements behind the start of the `run` before. 0: contiguous.
  int64_t run = 0, pitch = 0;

  bool defined() const { return data != nullptr; }
  bool contiguous() const { return pitch == 0; }
  int64_t numel() const { return shape.numel(); }
  size_t bytes() const;  // must be contiguous

  // Rows and columns of the tensor seen as a matrix whose columns are the last dimension.
  int64_t cols() const { return shape.rank() == 0 ? 1 : shape[-1]; }
  int64_t rows() const { return numel() / cols(); }

  template <class T>
  T* as() const;  // checked: T must be the tensor's type, and its elements lie one after the other
  template <class T>
  T* first() const;  // the same for code that steps from row to row by row_stride()
  // Elements from the start of a row of `width` elements to the next: `width`, or the distance of such columns.
  int64_t row_stride(int64_t width) const;

  Tensor view(Shape new_shape) const;                  // same elements
  Tensor slice(int64_t begin, int64_t count) const;    // rows begin.. of the leading dimension
  Tensor columns(int64_t begin, int64_t count) const;  // of the last dimension
  Tensor operator[](int64_t i) const;                  // one entry of the leading dimension, one rank less

 private:
  void* at(int64_t element) const;
};

}  // namespace pgolf

// Shapes in messages: formatted only where a check fails, since checks stand in hot paths.
template <>
struct fmt::formatter<pgolf::Shape> : fmt::formatter<std::string> {
  auto format(const pgolf::Shape& shape, fmt::format_context& ctx) const {
    return fmt::formatter<std::string>::format(shape.str(), ctx);
  }
};
