// Letters, digits and words of ASCII in bytes of others, whatever the locale.
#pragma once

#include <string_view>

namespace pgolf {

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }  // or '_'
inline bool is_word(char c) { return is_letter(c) || is_digit(c); }

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace pgolf
