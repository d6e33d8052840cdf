#include "resolve/toml.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <stdexcept>

#include "base/error.h"

namespace pgolf {
namespace {

// Members of a table in the order of the file: toml++ sorts them by name.
std::vector<std::pair<std::string, const toml::node*>> in_file_order(const toml::table& table) {
  std::vector<std::pair<std::string, const toml::node*>> out;
  for (const auto& [key, node] : table) out.emplace_back(std::string(key.str()), &node);
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return std::pair(a.second->source().begin.line, a.second->source().begin.column) <
           std::pair(b.second->source().begin.line, b.second->source().begin.column);
  });
  return out;
}

}  // namespace

void fail_toml_assertion(const char* condition) { throw std::logic_error(condition); }

toml::table parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& e) {
    fail(ErrorKind::usage, "{}:{}: not valid TOML: {}", file, e.source().begin.line, e.description());
  } catch (const std::logic_error&) {
    fail(ErrorKind::usage, "{}: not valid TOML: a key, table or value is not where it may stand", file);
  }
}

std::string toml_origin(const toml::node& node, const std::string& file) {
  return fmt::format("{}:{}", file, node.source().begin.line);
}

Json toml_to_json(const toml::node& node, const std::string& file) {
  switch (node.type()) {
    case toml::node_type::string: return node.as_string()->get();
    case toml::node_type::integer: return node.as_integer()->get();
    case toml::node_type::floating_point: return node.as_floating_point()->get();
    case toml::node_type::boolean: return node.as_boolean()->get();
    case toml::node_type::array: {
      Json out = Json::array();
      for (const toml::node& element : *node.as_array()) out.push_back(toml_to_json(element, file));
      return out;
    }
    case toml::node_type::table: {
      Json out = Json::object();
      for (const auto& [key, member] : in_file_order(*node.as_table())) out[key] = toml_to_json(*member, file);
      return out;
    }
    default: fail(ErrorKind::usage, "{}: dates and times are written as strings here", toml_origin(node, file));
  }
}

TomlReader::TomlReader(const toml::table& table, std::string file, std::string path)
    : table_(&table), file_(std::move(file)), path_(std::move(path)) {}

std::string TomlReader::full(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::string TomlReader::origin() const { return toml_origin(*table_, file_); }

const toml::node* TomlReader::find(std::string_view key) {
  known_.emplace(key);
  return table_->get(key);
}

const toml::node& TomlReader::need(std::string_view key) {
  const toml::node* node = find(key);
  if (!node) fail(ErrorKind::usage, "{}: key '{}' is missing", origin(), full(key));
  return *node;
}

void TomlReader::refuse(std::string_view key, const std::string& why) const {
  const toml::node* node = table_->get(key);
  fail(ErrorKind::usage, "{}: {}: {}", node ? toml_origin(*node, file_) : origin(), full(key), why);
}

std::string TomlReader::string(std::string_view key) {
  const auto* value = need(key).as_string();
  if (!value) refuse(key, "expected a string");
  require_one_line(key, value->get());
  return value->get();
}

int64_t TomlReader::integer(std::string_view key) {
  const auto* value = need(key).as_integer();
  if (!value) refuse(key, "expected an integer");
  return value->get();
}

std::optional<std::string> TomlReader::maybe_string(std::string_view key) {
  return find(key) ? std::optional(string(key)) : std::nullopt;
}

std::optional<int64_t> TomlReader::maybe_integer(std::string_view key) {
  return find(key) ? std::optional(integer(key)) : std::nullopt;
}

std::optional<int64_t> TomlReader::integer_or_unknown(std::string_view key) {
  const toml::node& node = need(key);
  if (const auto* word = node.as_string(); word && word->get() == "unknown") return std::nullopt;
  if (!node.is_integer()) refuse(key, "expected an integer or \"unknown\"");
  return integer(key);
}

std::optional<std::vector<std::string>> TomlReader::maybe_strings(std::string_view key) {
  return find(key) ? std::optional(strings(key)) : std::nullopt;
}

std::vector<std::string> TomlReader::strings(std::string_view key) {
  const auto* array = need(key).as_array();
  if (!array) refuse(key, "expected an array of strings");
  std::vector<std::string> out;
  for (const toml::node& element : *array) {
    if (!element.is_string()) refuse(key, "expected an array of strings");
    out.push_back(element.as_string()->get());
    require_one_line(key, out.back());
  }
  return out;
}

// Texts are shown in terminals and tables, where control characters would act.
void TomlReader::require_one_line(std::string_view key, std::string_view text) const {
  for (const unsigned char c : text)
    if (c < 0x20 || c == 0x7F) refuse(key, "holds a control character or a line break");
}

std::vector<int64_t> TomlReader::integers(std::string_view key) {
  const auto* array = need(key).as_array();
  if (!array) refuse(key, "expected an array of integers");
  std::vector<int64_t> out;
  for (const toml::node& element : *array) {
    if (!element.is_integer()) refuse(key, "expected an array of integers");
    out.push_back(element.as_integer()->get());
  }
  return out;
}

std::optional<std::vector<int64_t>> TomlReader::maybe_integers(std::string_view key) {
  return find(key) ? std::optional(integers(key)) : std::nullopt;
}

TomlReader TomlReader::table(std::string_view key) {
  const auto* value = need(key).as_table();
  if (!value) refuse(key, "expected a table");
  return {*value, file_, full(key)};
}

std::optional<TomlReader> TomlReader::maybe_table(std::string_view key) {
  return find(key) ? std::optional(table(key)) : std::nullopt;
}

std::vector<TomlReader> TomlReader::tables(std::string_view key) {
  std::vector<TomlReader> out;
  const toml::node* node = find(key);
  if (!node) return out;
  const auto* array = node->as_array();
  if (!array) refuse(key, "expected an array of tables, [[...]]");
  for (const toml::node& element : *array) {
    if (!element.is_table()) refuse(key, "expected an array of tables, [[...]]");
    out.emplace_back(*element.as_table(), file_, full(key));
  }
  return out;
}

std::vector<std::pair<std::string, const toml::node*>> TomlReader::members() {
  auto out = in_file_order(*table_);
  for (const auto& [key, node] : out) known_.emplace(key);
  return out;
}

std::vector<std::pair<std::string, TomlReader>> TomlReader::named_tables() {
  std::vector<std::pair<std::string, TomlReader>> out;
  for (const auto& [key, node] : members()) {
    if (!node->is_table()) refuse(key, "expected a table");
    out.emplace_back(key, TomlReader(*node->as_table(), file_, full(key)));
  }
  return out;
}

void TomlReader::finish() const {
  for (const auto& [key, node] : *table_)
    if (!known_.contains(key.str()))
      fail(ErrorKind::usage, "{}: unknown key '{}'; known here: {}", toml_origin(node, file_), full(key.str()),
           fmt::join(known_, ", "));
}

}  // namespace pgolf
