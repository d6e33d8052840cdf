#include "harness/completion/text.h"

namespace pgolf {

std::string shell_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string escaped(const std::string& text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

const CompletedVerb* find_verb(const std::vector<CompletedVerb>& verbs, const std::string& path) {
  for (const CompletedVerb& verb : verbs)
    if (verb.path == path) return &verb;
  return nullptr;
}

}  // namespace pgolf
