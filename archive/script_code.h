// What a script is made of, small enough to keep of every one: its functions by what they do, and its settings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

struct CodeFunction {
  std::string name;
  uint32_t hash = 0;   // of its tokens, whatever its names, texts and comments are
  int64_t tokens = 0;  // how much code it is
};

// An environment variable that the script reads, with the default that it has for it.
struct CodeSetting {
  std::string name, value;  // value: the default as the script has it, without quotes; "" for none
  int64_t line = 0;
};

struct ScriptCode {
  std::vector<CodeFunction> functions;  // in order; those of a class too, one within another not
  std::vector<CodeSetting> settings;    // the first of each name
};

// Of a script that is unwrapped. Nothing is executed: os.environ.get(NAME, default), os.getenv and functions that do no
// more than call them are found by their text. A thousand of each are the most.
ScriptCode script_code(std::string_view script);

// As the record keeps it: a line each, "f HASH TOKENS NAME" and "s LINE NAME VALUE". Errors of reading: database for
// text that pack_code cannot have written.
std::string pack_code(const ScriptCode& code);
ScriptCode unpack_code(std::string_view packed);

}  // namespace pgolf
