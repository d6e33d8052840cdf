// Printed values as lines that a test compares: "3:val_loss live '1.25'".
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "judge/claims/printed_values.h"

namespace pgolf {

inline std::vector<std::string> shown(const std::vector<PrintedValue>& values) {
  std::vector<std::string> out;
  for (const PrintedValue& v : values) out.push_back(fmt::format("{}:{} {} '{}'", v.line, v.key, v.label, v.text));
  return out;
}

}  // namespace pgolf
