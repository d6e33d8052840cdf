// Numbers and words in a line of a log.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// The length of the number at the start of `text`: digits, commas between them, decimals, an exponent; 0 for none.
size_t number_length(std::string_view text);
// The length of a unit of time at the start of `text`, with a blank before it: "ms", " seconds", "m"; 0 for none.
size_t unit_length(std::string_view text);

// The printed number behind `name`, ':' or '=' and blanks, with its unit of time; "" if there is none. `at` becomes the
// place behind it.
std::string_view value_behind(std::string_view line, std::string_view name, size_t& at, bool separated = true);

struct NamedNumber {
  std::string_view name,
      digits;  // name "" for one more number behind a name: a column of a table, a part of a fraction
};
// All numbers of a line, in order; parts of it.
std::vector<NamedNumber> numbers_of(std::string_view line);

// Words as a label of at most 60 letters: printable, without what frames them.
std::string label_of(std::string_view words);

}  // namespace pgolf
