#include "archive/mentions.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.h"
#include "base/utf8.h"
#include "judge/claims/log_text.h"

namespace pgolf {
namespace {

constexpr size_t kMost = 60, kMostLine = 4000, kShown = 120, kMostDigits = 5;
constexpr std::array<std::string_view, 8> kBefore = {"#",  "PR ",   "PR-",           "pr-",
                                                     "PR", "pull/", "pull request ", "pulls/"};

// The number that starts at `at`, if it is one of a pull request by the words before it.
std::string_view number_at(std::string_view line, size_t at) {
  size_t end = at;
  while (end < line.size() && is_digit(line[end])) ++end;
  const bool named = std::any_of(kBefore.begin(), kBefore.end(),
                                 [&](std::string_view word) { return line.substr(0, at).ends_with(word); });
  return named && line[at] != '0' && end - at <= kMostDigits ? line.substr(at, end - at) : std::string_view();
}

}  // namespace

std::vector<PrintedValue> mentions(std::string_view text) {
  std::vector<PrintedValue> out;
  std::set<std::string_view> seen;
  for (int64_t number = 1; !text.empty() && out.size() < kMost; ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, std::min(end, kMostLine));
    text.remove_prefix(std::min(end + 1, text.size()));
    for (size_t at = 0; at < line.size() && out.size() < kMost; ++at) {
      if (!is_digit(line[at]) || (at > 0 && is_digit(line[at - 1]))) continue;
      const std::string_view found = number_at(line, at);
      if (found.empty() || !seen.insert(found).second) continue;
      out.push_back({"mention", std::string(utf8_prefix(trimmed(line), kShown)), std::string(found), number});
    }
  }
  return out;
}

}  // namespace pgolf
