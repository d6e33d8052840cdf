// JSON that strangers may have written, beyond what base/json.h does for all.
#pragma once

#include <limits>
#include <optional>
#include <string_view>

#include "base/json.h"

namespace pgolf {

// A line that may be anything: nothing where parse_json would refuse it.
std::optional<Json> parse_json_if_valid(std::string_view text);

// Whether `value` is an integer that an int64_t holds.
inline bool is_int64(const Json& value) {
  return value.is_number_integer() &&
         (!value.is_number_unsigned() || value.get<uint64_t>() <= std::numeric_limits<int64_t>::max());
}

// json_get of an integer that must be one and fit: never a rounded number. Errors: as json_get.
int64_t json_integer(const Json& object, const char* key, std::string_view origin);

}  // namespace pgolf
