#include "harness/cli/colour.h"

#include <unistd.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <string_view>

namespace pgolf {

bool shows_colour() {
  const char* no = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) && !(no && *no) && !(terminal && std::string_view(terminal) == "dumb");
}

std::string with_colour(const std::string& text) {
  constexpr const char *kGreen = "\033[32m", *kRed = "\033[31m", *kYellow = "\033[33m", *kPlain = "\033[0m";
  static const std::map<std::string_view, const char*> kWords = {
      {"pass", kGreen},  {"done", kGreen},     {"better", kGreen},   {"helps", kGreen},        {"fail", kRed},
      {"failed", kRed},  {"killed", kRed},     {"lost", kRed},       {"worse", kRed},          {"hurts", kRed},
      {"warn", kYellow}, {"unknown", kYellow}, {"running", kYellow}, {"inconclusive", kYellow}};
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const auto is_letter = [&](size_t i) {
      return i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) || text[i] == '_' || text[i] == '-');
    };
    if (!is_letter(at)) {
      out += text[at++];
      continue;
    }
    size_t end = at;
    while (is_letter(end)) ++end;
    const std::string_view word(text.data() + at, end - at);
    const auto colour = kWords.find(word);
    out += colour == kWords.end() ? std::string(word) : colour->second + std::string(word) + kPlain;
    at = end;
  }
  return out;
}

}  // namespace pgolf
