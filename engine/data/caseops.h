// CaseOps (lossless_caps_caseops_v1): capitals become operators before lower-case letters, and back. PR 2143, 2097.
//
// Over maximal runs of ASCII letters: lower case stays; two or more letters, all upper, become ALLCAPS + lower;
// anything else becomes TITLE (if the first letter is upper) + lower, with CAPNEXT before each further capital. A
// literal U+E001..U+E004 is preceded by ESC. All other characters stay. Encoding is a bijection between UTF-8 texts and
// the texts decode accepts.
#pragma once

#include <string>
#include <string_view>

namespace pgolf {

inline constexpr char32_t kTitle = 0xE001;
inline constexpr char32_t kAllCaps = 0xE002;
inline constexpr char32_t kCapNext = 0xE003;
inline constexpr char32_t kEscape = 0xE004;

inline constexpr bool is_case_operator(char32_t c) { return c >= kTitle && c <= kEscape; }

// Errors of both: submission, naming the byte where `text` is not UTF-8, or is no CaseOps encoding of any text.
std::string caseops_encode(std::string_view text);
std::string caseops_decode(std::string_view text);

}  // namespace pgolf
