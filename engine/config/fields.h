// The table of configuration fields: one row each, and everything that reads or writes a configuration goes through it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/config/config.h"

namespace pgolf {

// What a field accepts besides values of its type.
struct Limit {
  double least, most;
  bool least_excluded = false, most_excluded = false;
  std::vector<std::string> names = {};  // of an enumeration, in the order of its enumerators

  // Why `value` is outside: "must be 1..4096, is 0". "" if it is not.
  std::string problem(const Json& value) const;
};

struct Field {
  std::string key;   // "model.num_layers"
  std::string type;  // "integer", "number", "boolean", "string", "integers", or "one of a, b, c"
  std::string doc;   // one line, with units
  Limit limit;
  Json off;  // the value without the technique that the field decides; null: it decides none (techniques.h)
  std::function<Json(const Config&)> get;
  std::function<bool(Config&, const Json&)> put;  // false: a value of another type, and nothing is changed

  // Errors: usage, "<origin>: <key>: expected <type>, got <value>".
  void set(Config& config, const Json& value, std::string_view origin) const;
};

// In canonical order.
const std::vector<Field>& config_fields();

// The field of a key that exists. Errors: check().
const Field& config_field(std::string_view key);

// Every field, nested by section, in canonical order.
Json config_to_json(const Config& config);

// Reads what config_to_json wrote. Errors: usage for an unknown key, a missing one or a wrong type, naming `origin`.
Config config_from_json(const Json& json, std::string_view origin);

// Sets one field by its dotted key. Errors: usage; an unknown key is answered with a known one that is close.
void set_config_field(Config& config, std::string_view key, const Json& value, std::string_view origin);

// Refuses values outside their limits and combinations that cannot be built (heads that do not divide the width).
// Errors: usage, naming `origin` and the key. `origin_of(key)` says where a key was set ("file:line"), for the message.
void validate_config(const Config& config, const std::function<std::string(std::string_view key)>& origin_of);

}  // namespace pgolf
