// JSON with keys in insertion order: what we print is canonical because the writer decides the order.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pgolf {

using Json = nlohmann::ordered_json;

// Errors: submission, naming `origin` (a file, "file:line") and what the parser said.
Json parse_json(std::string_view text, std::string_view origin);
Json read_json(const std::filesystem::path& path);  // also the errors of base/file.h

// Fetches a member of the given type. Errors: submission, "<origin>: key '<key>' is missing" or "... has the wrong
// type".
template <class T>
T json_get(const Json& object, const char* key, std::string_view origin);

// null for what is not known.
template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

[[noreturn]] void fail_json_key(std::string_view origin, const char* key, bool missing);

template <class T>
T json_get(const Json& object, const char* key, std::string_view origin) {
  if (!object.is_object() || !object.contains(key)) fail_json_key(origin, key, true);
  try {
    return object.at(key).get<T>();
  } catch (const nlohmann::json::exception&) {
    fail_json_key(origin, key, false);
  }
}

}  // namespace pgolf
