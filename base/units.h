// Numbers as people read them, the same in tables, reports and messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"

namespace pgolf {

std::string with_commas(int64_t value);  // 16,000,000

// "0.43 s", "9 min 42 s", "1 h 46 min"
std::string duration_text(double ms);

// A value with its unit: "1,234,567 bytes", "600.062 s" for unit "ms", "-" for null. Texts stay as they are, but for a
// SHA-256, of which the beginning is shown.
std::string display_value(const Json& value, std::string_view unit);

}  // namespace pgolf
