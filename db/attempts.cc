#include "db/attempts.h"

#include <fmt/format.h>

#include <algorithm>

namespace pgolf {
std::string attempt_text(const Attempt& attempt) {
  return attempt.times == 1 ? attempt.what : fmt::format("{} ({} times)", attempt.what, attempt.times);
}

std::string attempts_text(const std::vector<Attempt>& attempts, size_t most) {
  std::string out;
  for (size_t i = 0; i < std::min(attempts.size(), most); ++i) out += (i > 0 ? "; " : "") + attempt_text(attempts[i]);
  if (attempts.size() > most) out += fmt::format("; and {} more", attempts.size() - most);
  return out;
}

}  // namespace pgolf
