// The table of configuration fields: one row each, and everything that reads or writes a configuration goes through it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "engine/config/config.h"

namespace pgolf {

struct Field {
  std::string key;   // "model.num_layers"
  std::string type;  // "integer", "number", "boolean", "integers", or "one of a, b, c"
  std::string doc;   // one line, with units
  std::function<Json()> get;
  // Errors: usage, "<origin>: <key>: expected <type>, got <value>".
  std::function<void(const Json& value, std::string_view origin)> set;
};

// Fields of `config` in canonical order; the closures refer to `config`, which must outlive them.
std::vector<Field> config_fields(Config& config);

// Every field, nested by section, in canonical order.
Json config_to_json(const Config& config);

// Reads what config_to_json wrote. Errors: usage for an unknown key, a missing one or a wrong type, naming `origin`.
Config config_from_json(const Json& json, std::string_view origin);

// Sets one field by its dotted key. Errors: usage; an unknown key is answered with a known one that is close.
void set_config_field(Config& config, std::string_view key, const Json& value, std::string_view origin);

// Refuses combinations that cannot be built (heads that do not divide the width, and so on).
// Errors: usage, naming `origin` and the key. `origin_of(key)` says where a key was set ("file:line"), for the message.
void validate_config(const Config& config, const std::function<std::string(std::string_view key)>& origin_of);

}  // namespace pgolf
