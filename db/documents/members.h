// Reads and writes a type by one description of its members:
//
//   void visit_members(auto& v, Attempt& a) { v("kind", a.kind), v("what", a.what), v("times", a.times); }
//
// v(key, member) is always there; v.later(key, member) may be missing, where an older pgolf wrote; v.maybe(key, member)
// is left out where it is empty, too. Members of other types than their own are refused by key.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/json.h"
#include "base/json_guard.h"

namespace pgolf {

struct MemberWriter;

template <class T>
concept Described = requires(T& value, MemberWriter& v) {
  visit_members(v, value);
};

template <class T>
Json described_to_json(const T& value);

struct MemberWriter {
  Json& out;

  template <class T>
  void operator()(const char* key, const T& value) {
    out[key] = json_of(value);
  }
  template <class T>
  void later(const char* key, const T& value) {
    (*this)(key, value);
  }
  template <class T>
  void maybe(const char* key, const T& value) {
    if (!is_empty(value)) (*this)(key, value);
  }

 private:
  template <class T>
  static Json json_of(const T& value) {
    if constexpr (Described<T>)
      return described_to_json(value);
    else
      return Json(value);
  }
  template <class T>
  static Json json_of(const std::optional<T>& value) {
    return value ? json_of(*value) : Json();
  }
  template <class T>
  static Json json_of(const std::vector<T>& values) {
    Json out = Json::array();
    for (const T& value : values) out.push_back(json_of(value));
    return out;
  }
  template <class T>
  static bool is_empty(const T& value) {
    if constexpr (requires { value.empty(); })
      return value.empty();
    else if constexpr (requires { value.has_value(); })
      return !value.has_value();
    else
      return false;
  }
};

struct MemberReader {
  const Json& in;
  std::string_view origin;

  template <class T>
  void operator()(const char* key, T& value) {
    if (!in.is_object() || !in.contains(key)) fail_json_key(origin, key, true);
    read(key, in.at(key), value);
  }
  template <class T>
  void later(const char* key, T& value) {
    if (in.contains(key)) (*this)(key, value);
  }
  template <class T>
  void maybe(const char* key, T& value) {
    later(key, value);
  }

 private:
  template <class T>
  void read(const char* key, const Json& json, T& value) {
    if constexpr (Described<T>) {
      if (!json.is_object()) fail_json_key(origin, key, false);
      MemberReader inner{json, origin};
      visit_members(inner, value);
    } else if constexpr (std::is_same_v<T, int64_t>) {
      value = json_integer(in, key, origin);
    } else if constexpr (std::is_same_v<T, Json>) {
      value = json;
    } else {
      value = json_get<T>(in, key, origin);
    }
  }
  template <class T>
  void read(const char* key, const Json& json, std::optional<T>& value) {
    value.reset();
    if (!json.is_null()) read(key, json, value.emplace());
  }
  template <class T>
  requires Described<T>
  void read(const char* key, const Json& json, std::vector<T>& values) {
    if (!json.is_array()) fail_json_key(origin, key, false);
    values.clear();
    for (const Json& item : json) {
      MemberReader inner{item, origin};
      visit_members(inner, values.emplace_back());
    }
  }
};

template <class T>
Json described_to_json(const T& value) {
  Json out = Json::object();
  MemberWriter writer{out};
  visit_members(writer, const_cast<T&>(value));  // which only reads it
  return out;
}

// Errors: submission, naming `origin` and the key.
template <class T>
T described_from_json(const Json& json, std::string_view origin) {
  T out;
  MemberReader reader{json, origin};
  visit_members(reader, out);
  return out;
}

}  // namespace pgolf
