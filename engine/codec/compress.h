// General compressors over whole buffers: zstd, Brotli, and lrzip through its program.
//
// Output depends on the data, the options and the library's version alone, never on threads or memory. Every
// decompressor is told the exact size to expect and refuses anything else, so a hostile stream cannot grow.
// Errors of decompressors: submission, "<origin>: ..."; of compressors: machine.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace pgolf {

using Bytes = std::vector<std::byte>;
using ByteView = std::span<const std::byte>;

Bytes zstd_compress(ByteView data, int level);  // level 1..22
Bytes zstd_decompress(ByteView data, size_t size, std::string_view origin);

Bytes brotli_compress(ByteView data, int quality, int window_bits);  // quality 0..11, window 10..24 bits
Bytes brotli_decompress(ByteView data, size_t size, std::string_view origin);

// `lrzip -z` (ZPAQ back end) as a child process on temporary files; level 1..9.
// Errors: machine if the program or a temporary directory is missing.
Bytes lrzip_compress(ByteView data, int level);
Bytes lrzip_decompress(ByteView data, size_t size, std::string_view origin);

}  // namespace pgolf
