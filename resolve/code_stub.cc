#include "resolve/code_stub.h"

#include <brotli/decode.h>
#include <fmt/format.h>
#include <lzma.h>
#include <zlib.h>

#include <array>
#include <cctype>

#include "resolve/python_literal.h"

namespace pgolf {
namespace {

constexpr int kMaxLayers = 4;  // stubs within stubs

// The alphabet of base64.b85encode; 5 digits are 4 bytes, big end first.
std::optional<std::string> base85(std::string_view digits) {
  constexpr std::string_view kAlphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
  std::array<int, 256> value;
  value.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i) value[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int>(i);
  std::string out;
  for (size_t at = 0; at < digits.size(); at += 5) {
    const size_t have = std::min<size_t>(5, digits.size() - at);
    uint64_t word = 0;
    for (size_t i = 0; i < 5; ++i) {
      const int digit = i < have ? value[static_cast<unsigned char>(digits[at + i])] : 84;
      if (digit < 0) return std::nullopt;
      word = 85 * word + static_cast<uint64_t>(digit);
    }
    if (have < 2 || word > UINT32_MAX) return std::nullopt;
    for (size_t i = 0; i + 1 < have; ++i) out += static_cast<char>(word >> (24 - 8 * i));
  }
  return out;
}

// Line breaks and blanks are passed over, as base64.b64decode does with what is no digit.
std::optional<std::string> base64(std::string_view digits) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  uint32_t word = 0;
  int bits = 0;
  for (const char c : digits) {
    if (c == '=') break;
    const size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) continue;
    word = (word << 6 | static_cast<uint32_t>(digit)) & 0xffffff;
    if ((bits += 6) >= 8) out += static_cast<char>(word >> (bits -= 8));
  }
  return out;
}

const uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }
uint8_t* bytes_of(std::string& text) { return reinterpret_cast<uint8_t*>(text.data()); }

// Dictionaries reach no further back than what may come out.
std::optional<std::string> lzma(std::string_view data, bool raw) {
  constexpr uint64_t kMemory = 96 << 20;
  lzma_stream stream = LZMA_STREAM_INIT;
  lzma_options_lzma options{};
  options.dict_size = kMaxUnwrappedBytes;
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  if ((raw ? lzma_raw_decoder(&stream, filters) : lzma_auto_decoder(&stream, kMemory, 0)) != LZMA_OK)
    return std::nullopt;
  std::string out(kMaxUnwrappedBytes + 1, '\0');
  stream.next_in = bytes_of(data), stream.avail_in = data.size();
  stream.next_out = bytes_of(out), stream.avail_out = out.size();
  const lzma_ret end = lzma_code(&stream, LZMA_FINISH);
  out.resize(stream.total_out);
  lzma_end(&stream);
  return end == LZMA_STREAM_END ? std::optional(out) : std::nullopt;
}

std::optional<std::string> zlib(std::string_view data) {
  constexpr int kZlibOrGzip = MAX_WBITS + 32;
  z_stream stream{};
  if (inflateInit2(&stream, kZlibOrGzip) != Z_OK) return std::nullopt;
  std::string out(kMaxUnwrappedBytes + 1, '\0');
  stream.next_in = const_cast<Bytef*>(bytes_of(data)), stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = bytes_of(out), stream.avail_out = static_cast<uInt>(out.size());
  const int end = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return end == Z_STREAM_END ? std::optional(out) : std::nullopt;
}

std::optional<std::string> brotli(std::string_view data) {
  std::string out(kMaxUnwrappedBytes + 1, '\0');
  size_t size = out.size();
  if (BrotliDecoderDecompress(data.size(), bytes_of(data), &size, bytes_of(out)) != BROTLI_DECODER_RESULT_SUCCESS)
    return std::nullopt;
  out.resize(size);
  return out;
}

bool is_text(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 && !std::isspace(static_cast<unsigned char>(c))) return false;
  return !text.empty();
}

std::optional<UnwrappedCode> decompressed(std::string_view script, const std::string& data) {
  const auto names = [&](std::string_view word) { return script.find(word) != std::string_view::npos; };
  std::optional<std::string> out;
  const char* how = "LZMA";
  if (names("lzma")) out = lzma(data, names("FORMAT_RAW"));
  if (!out && names("zlib")) out = zlib(data), how = "zlib";
  if (!out && names("brotli")) out = brotli(data), how = "Brotli";
  if (!out || out->size() > kMaxUnwrappedBytes || !is_text(*out)) return std::nullopt;
  return UnwrappedCode{std::move(*out), how, ""};
}

// Most of a stub is what it holds. A script that holds a compressed table is not a stub.
std::optional<UnwrappedCode> one_layer(std::string_view script) {
  if (script.size() > kMaxStubBytes) return std::nullopt;
  const bool exec = script.find("exec") != std::string_view::npos;
  if (!exec && script.find("runpy") == std::string_view::npos) return std::nullopt;
  for (const auto& [call, decode, name] :
       {std::tuple("b85decode", &base85, "base85"), std::tuple("b64decode", &base64, "base64")}) {
    const auto literal = argument_of(script, call);
    if (!literal || 2 * literal->text.size() < script.size()) continue;
    const auto data = decode(literal->text);
    if (auto out = data ? decompressed(script, *data) : std::nullopt) {
      out->how += fmt::format(" in {}", name);
      out->detour = literal->by_name ? "through a variable" : exec ? "" : "run by runpy";
      return out;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<UnwrappedCode> unwrap_code(std::string_view script) {
  std::optional<UnwrappedCode> out = one_layer(script);
  for (int layer = 1; out && layer < kMaxLayers; ++layer) {
    auto inner = one_layer(out->text);
    if (!inner) break;
    inner->how += " in " + out->how;
    inner->detour = out->detour;
    out = std::move(inner);
  }
  return out;
}

}  // namespace pgolf
