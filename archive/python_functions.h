// Functions of a Python script by what they do: formatting, comments, names and texts are taken away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

// The smallest hashes of its runs of tokens: two functions share as many of them as they share of their code.
using CodeSketch = std::vector<uint32_t>;

struct PythonFunction {
  std::string name;
  int64_t first = 0, last = 0;  // lines, from 1
  CodeSketch sketch;
};

size_t indent_of(std::string_view line);  // its size for one that holds nothing

// The innermost function around each of these lines, each once. One of less than a few dozen tokens says nothing and is
// left out.
std::vector<PythonFunction> functions_around(std::string_view script, const std::vector<int64_t>& lines);

// Every function that stands in no other one, methods among them; `most` at most.
struct WholeFunction {
  std::string name;
  uint32_t hash = 0;        // of all its tokens
  uint32_t exact_hash = 0;  // of the same with names and texts; comments and what stands in three quotes left out
  int64_t tokens = 0;
  int64_t line = 0;   // its first, from 1
  std::string owner;  // the class that it is a method of; "" for none
};
std::vector<WholeFunction> whole_functions(std::string_view script, size_t most);

// Lines that stand in no function and say something: no comment, import, setting of the environment or text in three
// quotes; `most` at most.
struct OutsideLine {
  int64_t line = 0;         // from 1
  uint32_t exact_hash = 0;  // as above
  std::string text;         // without blanks around it
};
std::vector<OutsideLine> lines_outside(std::string_view script, size_t most);

double shared_code(const CodeSketch& a, const CodeSketch& b);  // 0..1

std::string sketch_text(const CodeSketch& sketch);  // hexadecimal
std::optional<CodeSketch> sketch_from(std::string_view text);

}  // namespace pgolf
