// The functions of a C++ source and how long they are, found by their braces.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgolf::tidy {

struct Function {
  std::string name;               // "Sandbox::wrap"; of a test, "TEST_F"
  int first_line = 0, lines = 0;  // from the line of its name to the closing brace
};

// Text without comments and without what stands in literals, line for line.
std::string without_literals(std::string_view text);

// Functions with a body, of namespaces and of classes; a lambda counts to the function around it.
std::vector<Function> functions_of(std::string_view text);

}  // namespace pgolf::tidy
