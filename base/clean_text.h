// Text of unknown origin as text that is shown: what a terminal would obey, what turns the direction of writing, and
// what is no UTF-8, becomes '?'.
#pragma once

#include <string>
#include <string_view>

namespace pgolf {

std::string as_line(std::string_view text);
std::string as_lines(std::string_view text);  // keeps line ends and tabs: of text that we laid out

}  // namespace pgolf
