// TOML files read strictly: every error names file, line and key, and a key that nobody asked for is one.
#pragma once

#include <toml++/toml.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

namespace pgolf {

// Errors: usage, "file:line: <what the parser says>"; also those of base/file.h.
toml::table parse_toml(const std::filesystem::path& path);

// Strings, integers, floats, booleans, arrays and tables. Errors: usage for dates and times, which have no JSON form.
Json toml_to_json(const toml::node& node, const std::string& file);

// "file:line" of a node.
std::string toml_origin(const toml::node& node, const std::string& file);

// Reads one table. Each getter marks its key as known; finish() refuses the others.
class TomlReader {
 public:
  TomlReader(const toml::table& table, std::string file, std::string path = "");

  std::string string(std::string_view key);
  int64_t integer(std::string_view key);
  std::optional<std::string> maybe_string(std::string_view key);
  std::optional<int64_t> maybe_integer(std::string_view key);
  std::vector<std::string> strings(std::string_view key);
  std::vector<int64_t> integers(std::string_view key);

  TomlReader table(std::string_view key);
  std::optional<TomlReader> maybe_table(std::string_view key);
  std::vector<TomlReader> tables(std::string_view key);              // [[key]]; empty if absent
  std::vector<std::pair<std::string, TomlReader>> named_tables();    // every member must be a table
  std::vector<std::pair<std::string, const toml::node*>> members();  // every member, in the file's order

  // Errors: usage, "file:line: unknown key 'path.key'; known here: ...".
  void finish() const;
  // Errors: usage, "file:line: path.key: <why>".
  [[noreturn]] void refuse(std::string_view key, const std::string& why) const;

  const std::string& file() const { return file_; }
  std::string origin() const;

 private:
  const toml::node* find(std::string_view key);
  const toml::node& need(std::string_view key);
  std::string full(std::string_view key) const;

  const toml::table* table_;
  std::string file_, path_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace pgolf
