// What looking at data found, one thing a line.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

namespace pgolf {

enum class CheckStatus { pass, warn, unknown, fail };

inline const char* check_status_name(CheckStatus status) {
  constexpr const char* kNames[] = {"pass", "warn", "unknown", "fail"};
  return kNames[static_cast<int>(status)];
}

struct DataCheck {
  std::string name;  // "train.shards", "disjoint", ...
  CheckStatus status = CheckStatus::fail;
  std::string detail;  // what was found; of a failure, the first thing that is wrong
};

inline bool has_failed(const std::vector<DataCheck>& checks) {
  return std::any_of(checks.begin(), checks.end(), [](const DataCheck& c) { return c.status == CheckStatus::fail; });
}

}  // namespace pgolf
