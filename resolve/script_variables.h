// What the environment variables of a submission's original script mean for our configuration:
// submissions/pr-N/variables.toml, format `pgolf.variables/1` (docs/archive.md).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace pgolf {

inline constexpr char kVariablesFormat[] = "pgolf.variables/1";
inline constexpr char kVariablesFile[] = "variables.toml";

struct ScriptVariable {
  std::string name;
  std::string standard;     // the script's default, as it stands there without quotes
  std::string ran;          // what the run had: `standard` unless its command line said otherwise
  std::string field;        // of the configuration; "" for none
  std::string reason{};     // why there is none
  std::string attribute{};  // its name inside the script, and in a log that prints it
  std::string times{};      // the variable that multiplies it; "" for none
  std::string only_with{};  // the variable that switches it on; where that is off the field is `off`
  bool one_minus = false;
  std::optional<Json> off{};                           // the field's value without the technique; nullopt: any
  std::vector<std::pair<std::string, Json>> values{};  // by text; empty: the text itself is the value
};

struct KnownFunction {
  std::string name;
  uint32_t hash = 0, exact_hash = 0;  // archive/python_functions.h
};

// A script as a family of scripts: what it reads, and what its code is made of.
struct ScriptFamily {
  std::string submission;  // "pr-334"
  std::string script_sha256;
  std::vector<ScriptVariable> variables;       // a row for each field that one sets
  std::set<std::string, std::less<>> ignored;  // variables that decide nothing of a run: paths, ranks, logging
  std::set<std::string, std::less<>> files;    // other files of code beside it, that prepare its data
  std::vector<KnownFunction> functions;
  std::set<uint32_t> outside;  // of its lines outside of functions

  const ScriptVariable* variable(std::string_view name) const;  // its first row; null for none
  bool is_part(std::string_view name) const;                    // a factor or a switch of another one
};

// Errors: usage, naming file, line and key, for what is damaged, of another format, or of a field that does not exist.
ScriptFamily load_family(const std::filesystem::path& directory);
ScriptFamily parse_family(std::string_view text, const std::string& file);
std::vector<ScriptFamily> load_families(const std::filesystem::path& root);  // of all submissions that have the file

// The value that the variable gives its field, if `text_of` gives what the variables are set to.
struct FieldValue {
  Json value;           // null: what switches it on is off, and the field decides nothing
  std::string problem;  // "" if there is a value
};
FieldValue field_value(const ScriptVariable& variable, const std::function<std::string(const std::string&)>& text_of);

// 0.0220 and 0.022, 2048*48*8 and 786_432, True and 1 are the same.
bool same_setting(std::string_view a, std::string_view b);

}  // namespace pgolf
