#include "engine/codec/compress.h"

#include <brotli/decode.h>
#include <brotli/encode.h>
#include <zstd.h>

#include <algorithm>

#include "base/error.h"

namespace pgolf {

Bytes zstd_compress(ByteView data, int level) {
  Bytes out(ZSTD_compressBound(data.size()));
  const size_t size = ZSTD_compress(out.data(), out.size(), data.data(), data.size(), level);
  if (ZSTD_isError(size)) fail(ErrorKind::machine, "zstd cannot compress: {}", ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Bytes zstd_decompress(ByteView data, size_t size, std::string_view origin) {
  Bytes out(size);
  const size_t got = ZSTD_decompress(out.data(), size, data.data(), data.size());
  if (ZSTD_isError(got)) fail(ErrorKind::submission, "{}: zstd stream is damaged: {}", origin, ZSTD_getErrorName(got));
  if (got != size) fail(ErrorKind::submission, "{}: zstd stream holds {} bytes instead of {}", origin, got, size);
  return out;
}

Bytes brotli_compress(ByteView data, int quality, int window_bits) {
  const size_t bound = BrotliEncoderMaxCompressedSize(data.size());
  size_t size = std::max<size_t>(bound, 16);
  Bytes out(size);
  if (!BrotliEncoderCompress(quality, window_bits, BROTLI_MODE_GENERIC, data.size(),
                             reinterpret_cast<const uint8_t*>(data.data()), &size,
                             reinterpret_cast<uint8_t*>(out.data())))
    fail(ErrorKind::machine, "Brotli cannot compress {} bytes", data.size());
  out.resize(size);
  return out;
}

Bytes brotli_decompress(ByteView data, size_t size, std::string_view origin) {
  Bytes out(std::max<size_t>(size, 1));
  size_t got = out.size();
  const auto result = BrotliDecoderDecompress(data.size(), reinterpret_cast<const uint8_t*>(data.data()), &got,
                                              reinterpret_cast<uint8_t*>(out.data()));
  if (result != BROTLI_DECODER_RESULT_SUCCESS)
    fail(ErrorKind::submission, "{}: Brotli stream is damaged or does not hold {} bytes", origin, size);
  if (got != size) fail(ErrorKind::submission, "{}: Brotli stream holds {} bytes instead of {}", origin, got, size);
  out.resize(size);
  return out;
}

}  // namespace pgolf
