// String literals of a Python script, read without running it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pgolf {

// The text that the first call of `function` in `script` is given: a literal, several side by side, or a variable that
// was assigned one, each with `.replace(...)` of line breaks behind it or not. nullopt if it is anything else.
struct Argument {
  std::string text;
  bool by_name = false;  // through a variable
};
std::optional<Argument> argument_of(std::string_view script, std::string_view function);

}  // namespace pgolf
