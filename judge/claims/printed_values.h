// What a log prints of its run, value by value: the one reader of published logs (docs/archive.md has the forms).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge/claims/log_text.h"

namespace pgolf {

struct PrintedValue {
  std::string key;    // val_loss, total_bytes, ... (docs/archive.md)
  std::string label;  // the words before it: of a pair the pass, "live" of one within training
  std::string text;   // as printed, with its unit; "" where the line says that something was done, and not how long
  int64_t line = 0;   // from 1
  bool operator==(const PrintedValue&) const = default;
};

// Skips the program text that a log prints. Stops after a few thousand values.
std::vector<PrintedValue> printed_values(const LogText& log);
inline std::vector<PrintedValue> printed_values(std::string_view log) { return printed_values(LogText(log)); }

// "40,540,160" is 40540160; nullopt for what is no whole number of at most 15 digits.
std::optional<int64_t> integer_of(std::string_view text);
// "599672ms", "6.9s", "4.2m": a printed time, with what its rounding leaves open either way.
struct PrintedTime {
  int64_t ms = 0, open_ms = 0;
};
std::optional<PrintedTime> time_of(std::string_view text);  // nullopt without a unit

}  // namespace pgolf
