#include "base/units.h"

#include <fmt/format.h>

#include <cmath>

namespace pgolf {

std::string with_commas(int64_t value) {
  const std::string digits =
      fmt::format("{}", value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  std::string out = value < 0 ? "-" : "";
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string duration_text(double ms) {
  if (!std::isfinite(ms)) return "-";
  const double s = ms / 1e3;
  if (s < 9.995) return fmt::format("{:.2f} s", s);
  if (s < 99.95) return fmt::format("{:.1f} s", s);
  const auto whole = static_cast<int64_t>(std::llround(s));
  if (whole < 3600) return fmt::format("{} min", whole / 60) + (whole % 60 ? fmt::format(" {} s", whole % 60) : "");
  return fmt::format("{} h", whole / 3600) + (whole / 60 % 60 ? fmt::format(" {} min", whole / 60 % 60) : "");
}

std::string display_value(const Json& value, std::string_view unit) {
  if (value.is_null()) return "-";
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const bool hash = text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
    return hash ? text.substr(0, 12) + "…" : text;
  }
  if (!value.is_number()) return value.dump();
  const std::string suffix = unit.empty() ? "" : fmt::format(" {}", unit);
  if (unit == "ms") return fmt::format("{:.3f} s", value.get<double>() / 1e3);
  if (value.is_number_integer()) return with_commas(value.get<int64_t>()) + suffix;
  return fmt::format("{:.6g}{}", value.get<double>(), suffix);
}

}  // namespace pgolf
