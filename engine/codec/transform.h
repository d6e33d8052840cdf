// Reversible rearrangements of bytes before compression.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/codec/compress.h"

namespace pgolf {

// PR 2143: "BSHF", the stride as one byte, then every stride-th byte from offset 0, from offset 1, ...
// Data shorter than the stride, and strides below 2, are returned as they are. stride <= 255.
Bytes byte_shuffle(ByteView data, int stride);

size_t byte_shuffled_size(size_t size, int stride);

// Undoes byte_shuffle on data that began as `size` bytes. Errors: submission if it is not of that size and stride.
Bytes byte_unshuffle(ByteView data, int stride, size_t size, std::string_view origin);

// PR 2097: an order of rows in which neighbours are alike. Row 0 first, then always the unused row of least L1
// distance to the last, the lowest index on ties. codes [rows, cols] int8; rows <= 65536.
std::vector<uint16_t> similarity_sort(ByteView codes, int64_t rows, int64_t cols);

// [rows, cols] bytes to [cols, rows]; with an order, row i of the source is row order[i] of `codes`.
Bytes transpose_bytes(ByteView codes, int64_t rows, int64_t cols, const std::vector<uint16_t>& order = {});
// Undoes it: `transposed` is [cols, rows].
Bytes untranspose_bytes(ByteView transposed, int64_t rows, int64_t cols, const std::vector<uint16_t>& order = {});

}  // namespace pgolf
