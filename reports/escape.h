// Text from outside, made harmless where it is going.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// One line of Markdown text without markup: special characters escaped, line breaks as spaces, HTML inert.
std::string markdown_text(std::string_view text);
// In a code span or block: backticks cannot end it.
std::string markdown_code(std::string_view text);

// One record of RFC 4180 with its line end. A field that a spreadsheet would take for a formula gets a quote in front.
std::string csv_line(const std::vector<std::string>& fields);

// Arguments as one line of a shell, quoted where need be, to be pasted.
std::string command_line(const std::vector<std::string>& arguments);

}  // namespace pgolf
