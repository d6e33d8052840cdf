// How fields.cc writes a row: ROW(member, limit, "text", off(value)). Included by the sources of the table alone.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/config/fields.h"

namespace pgolf {

inline Limit any() { return {-INFINITY, INFINITY}; }
inline Limit from(double least) { return {least, INFINITY}; }
inline Limit above(double least) { return {least, INFINITY, true}; }
inline Limit in(double least, double most) { return {least, most}; }
inline Limit below(double least, double most) { return {least, most, false, true}; }  // [least, most)
inline Limit over(double least, double most) { return {least, most, true, false}; }   // (least, most]
template <class... Names>
Limit one_of(Names... names) {
  return {-INFINITY, INFINITY, false, false, {names...}};
}
inline Json off(Json value) { return value; }

// Of 64 bits with a sign: JSON text can hold larger ones.
inline bool is_integer(const Json& json) {
  return json.is_number_integer() && !(json.is_number_unsigned() && json.get<uint64_t>() > uint64_t{INT64_MAX});
}

// What a member's type is called, whether a value is of it, and the value of an enumerator.
template <class T>
std::string type_name(const Limit& limit) {
  if constexpr (std::is_same_v<T, bool>) return "boolean";
  if constexpr (std::is_same_v<T, int64_t>) return "integer";
  if constexpr (std::is_same_v<T, double>) return "number";
  if constexpr (std::is_same_v<T, std::string>) return "string";
  if constexpr (std::is_same_v<T, std::vector<int64_t>>) return "integers";
  std::string out = "one of ";
  for (size_t i = 0; i < limit.names.size(); ++i) out += (i ? ", " : "") + limit.names[i];
  return out;
}

template <class T>
bool is_of_type(const Json& json, const Limit& limit) {
  if constexpr (std::is_same_v<T, bool>) return json.is_boolean();
  if constexpr (std::is_same_v<T, int64_t>) return is_integer(json);
  if constexpr (std::is_same_v<T, double>) return json.is_number() && std::isfinite(json.get<double>());
  if constexpr (std::is_same_v<T, std::string>) return json.is_string();
  if constexpr (std::is_same_v<T, std::vector<int64_t>>)
    return json.is_array() && std::all_of(json.begin(), json.end(), is_integer);
  if constexpr (std::is_enum_v<T>)
    return json.is_string() &&
           std::count(limit.names.begin(), limit.names.end(), json.get_ref<const std::string&>()) > 0;
}

template <class T>
Json json_of(const T& value, const Limit& limit) {
  if constexpr (std::is_enum_v<T>)
    return limit.names.at(static_cast<size_t>(value));
  else
    return value;
}

template <class T>
T value_of(const Json& json, const Limit& limit) {
  if constexpr (std::is_enum_v<T>)
    return static_cast<T>(std::find(limit.names.begin(), limit.names.end(), json.get<std::string>()) -
                          limit.names.begin());
  else
    return json.get<T>();
}

// A row of the section that configures `S`.
template <class S>
struct Row {
  template <class T>
  Row(const char* name, T S::*member, const Limit& limit, const char* doc, const Json& off = nullptr)
      : field{name, type_name<T>(limit), doc, limit, off, {}, {}},
        get([=](const S& s) { return json_of(s.*member, limit); }),
        put([=](S& s, const Json& json) {
          if (!is_of_type<T>(json, limit)) return false;
          s.*member = value_of<T>(json, limit);
          return true;
        }) {}

  Field field;
  std::function<Json(const S&)> get;
  std::function<bool(S&, const Json&)> put;
};

template <class S>
std::vector<Field> section(const std::string& name, S Config::*part, const std::vector<Row<S>>& rows) {
  std::vector<Field> out;
  for (const Row<S>& row : rows) {
    Field& field = out.emplace_back(row.field);
    field.key = name + "." + field.key;
    field.get = [part, get = row.get](const Config& c) { return get(c.*part); };
    field.put = [part, put = row.put](Config& c, const Json& json) { return put(c.*part, json); };
  }
  return out;
}

std::vector<Field> model_fields();
std::vector<Field> data_fields();
std::vector<Field> train_fields();
std::vector<Field> schedule_fields();
std::vector<Field> muon_fields();
std::vector<Field> adam_fields();
std::vector<Field> clip_fields();
std::vector<Field> average_fields();
std::vector<Field> qat_fields();
std::vector<Field> quant_fields();
std::vector<Field> codec_fields();
std::vector<Field> eval_fields();
std::vector<Field> ttt_fields();

}  // namespace pgolf
