// Scripts that hold another one in compressed form: `exec(lzma.decompress(base64.b85decode("...")))`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pgolf {

// What a stub holds, to the innermost.
struct UnwrappedCode {
  std::string text;
  std::string how;     // "LZMA in base85"
  std::string detour;  // of the outermost: "through a variable", "run by runpy"; "" where exec is given the literal
};

inline constexpr size_t kMaxStubBytes = 4 << 20;        // of a script that is looked into
inline constexpr size_t kMaxUnwrappedBytes = 16 << 20;  // of what it holds: more than the artifact may have

// Nothing is executed: the literal is read by Python's rules, decoded (base85, base64) and decompressed (LZMA, zlib,
// Brotli). nullopt if the script is no stub, if it is another kind of one, or if a bound is reached.
std::optional<UnwrappedCode> unwrap_code(std::string_view script);

}  // namespace pgolf
