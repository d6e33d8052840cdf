// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pgolf {

// Offset of the first byte that does not belong to a well-formed sequence; npos if all of `text` is UTF-8.
size_t first_invalid_utf8(std::string_view text);

// The code point at `at` of well-formed text; moves `at` behind it.
char32_t next_code_point(std::string_view text, size_t& at);

// The first `most` bytes of `text` at most, without a part of a character at the end.
std::string_view utf8_prefix(std::string_view text, size_t most);

// With the capitals of ASCII as small letters.
std::string lower_ascii(std::string_view text);

void append_utf8(std::string& out, char32_t code_point);

}  // namespace pgolf
