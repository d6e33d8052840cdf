#include "engine/codec/transform.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr char kShuffleMagic[] = {'B', 'S', 'H', 'F'};
constexpr size_t kShuffleHeader = sizeof kShuffleMagic + 1;
constexpr int64_t kLane = 64;  // bytes per step of row_distance; rows are padded to a multiple with equal bytes

// L1 distance of two rows of biased (unsigned) codes; the fixed inner count lets the compiler use SAD instructions.
int64_t row_distance(const uint8_t* a, const uint8_t* b, int64_t padded_cols) {
  int64_t total = 0;
  for (int64_t c = 0; c < padded_cols; c += kLane) {
    int lane = 0;
    for (int64_t k = 0; k < kLane; ++k) lane += std::abs(static_cast<int>(a[c + k]) - static_cast<int>(b[c + k]));
    total += lane;
  }
  return total;
}

}  // namespace

Bytes byte_shuffle(ByteView data, int stride) {
  check(stride <= 255, "byte_shuffle: stride {} does not fit in a byte", stride);
  const auto step = static_cast<size_t>(std::max(stride, 1));
  if (stride < 2 || data.size() < step) return {data.begin(), data.end()};
  Bytes out(kShuffleHeader + data.size());
  std::memcpy(out.data(), kShuffleMagic, sizeof kShuffleMagic);
  out[sizeof kShuffleMagic] = static_cast<std::byte>(stride);
  auto* to = out.data() + kShuffleHeader;
  for (size_t start = 0; start < step; ++start)
    for (size_t i = start; i < data.size(); i += step) *to++ = data[i];
  return out;
}

size_t byte_shuffled_size(size_t size, int stride) {
  return stride < 2 || size < static_cast<size_t>(stride) ? size : size + kShuffleHeader;
}

Bytes byte_unshuffle(ByteView data, int stride, size_t size, std::string_view origin) {
  const auto step = static_cast<size_t>(std::max(stride, 1));
  if (data.size() != byte_shuffled_size(size, stride))
    fail(ErrorKind::submission, "{}: byte-shuffled data has {} bytes instead of {}", origin, data.size(),
         byte_shuffled_size(size, stride));
  if (data.size() == size) return {data.begin(), data.end()};
  if (std::memcmp(data.data(), kShuffleMagic, sizeof kShuffleMagic) != 0 ||
      data[sizeof kShuffleMagic] != static_cast<std::byte>(stride))
    fail(ErrorKind::submission, "{}: byte-shuffled data does not start with BSHF and stride {}", origin, stride);
  Bytes out(size);
  const auto* from = data.data() + kShuffleHeader;
  for (size_t start = 0; start < step; ++start)
    for (size_t i = start; i < size; i += step) out[i] = *from++;
  return out;
}

std::vector<uint16_t> similarity_sort(ByteView codes, int64_t rows, int64_t cols) {
  check(rows <= 65536 && static_cast<int64_t>(codes.size()) == rows * cols, "similarity_sort: {} bytes as [{}, {}]",
        codes.size(), rows, cols);
  const int64_t padded = (cols + kLane - 1) / kLane * kLane;
  std::vector<uint8_t> biased(static_cast<size_t>(rows * padded));  // int8 + 128, so that distances are unsigned
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < cols; ++c)
      biased[static_cast<size_t>(r * padded + c)] =
          static_cast<uint8_t>(codes[static_cast<size_t>(r * cols + c)]) ^ uint8_t { 0x80 };
  std::vector<uint16_t> unused(static_cast<size_t>(rows)), order;
  std::iota(unused.begin(), unused.end(), uint16_t{0});
  order.reserve(unused.size());
  size_t best = 0;
  while (!unused.empty()) {
    const uint8_t* current = biased.data() + unused[best] * padded;
    order.push_back(unused[best]);
    unused.erase(unused.begin() + static_cast<ptrdiff_t>(best));
    int64_t least = std::numeric_limits<int64_t>::max();
    for (size_t i = 0; i < unused.size(); ++i) {
      const int64_t distance = row_distance(current, biased.data() + unused[i] * padded, padded);
      if (distance < least) least = distance, best = i;
    }
  }
  return order;
}

Bytes transpose_bytes(ByteView codes, int64_t rows, int64_t cols, const std::vector<uint16_t>& order) {
  check(static_cast<int64_t>(codes.size()) == rows * cols, "transpose: {} bytes as [{}, {}]", codes.size(), rows, cols);
  Bytes out(codes.size());
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t source = order.empty() ? r : order[static_cast<size_t>(r)];
    for (int64_t c = 0; c < cols; ++c)
      out[static_cast<size_t>(c * rows + r)] = codes[static_cast<size_t>(source * cols + c)];
  }
  return out;
}

Bytes untranspose_bytes(ByteView transposed, int64_t rows, int64_t cols, const std::vector<uint16_t>& order) {
  check(static_cast<int64_t>(transposed.size()) == rows * cols, "untranspose: {} bytes as [{}, {}]", transposed.size(),
        rows, cols);
  Bytes out(transposed.size());
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t target = order.empty() ? r : order[static_cast<size_t>(r)];
    for (int64_t c = 0; c < cols; ++c)
      out[static_cast<size_t>(target * cols + c)] = transposed[static_cast<size_t>(c * rows + r)];
  }
  return out;
}

}  // namespace pgolf
