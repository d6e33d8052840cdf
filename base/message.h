// Text of unknown origin on its way to a terminal or into the record.
#pragma once

#include <string>
#include <string_view>

namespace pgolf {

// `text` without characters that act on who reads it: controls (a terminal's escapes), marks that turn the direction of
// what follows (U+202E makes "gpj.exe" of "exe.jpg"), and bytes that are no UTF-8 become '?'. Controls in `keep` stay.
std::string readable(std::string_view text, std::string_view keep = "");

// The same as one line; what is beyond 2,000 bytes is left out.
std::string as_message(std::string_view text);

}  // namespace pgolf
