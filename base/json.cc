#include "base/json.h"

#include "base/error.h"
#include "base/file.h"

namespace pgolf {
namespace {

// The parser quotes the text it was reading, which may be a whole document.
std::string shortened(std::string what) {
  constexpr size_t kLongest = 200;
  if (what.size() <= kLongest) return what;
  size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(what[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return what.substr(0, end) + "...";
}

constexpr int kMostLevels = 200;

// Copies and destructors of documents recurse; none of ours is nearly as deep.
bool too_deep(std::string_view text) {
  int level = 0;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++level > kMostLevels) return true;
    } else if (c == ']' || c == '}') {
      --level;
    }
  }
  return false;
}

}  // namespace

Json parse_json(std::string_view text, std::string_view origin) {
  if (too_deep(text))
    fail(ErrorKind::submission, "{}: not valid JSON: nested more than {} levels deep", origin, kMostLevels);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    fail(ErrorKind::submission, "{}: not valid JSON: {}", origin, shortened(e.what()));
  }
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_text(path), path.string()); }

void fail_json_key(std::string_view origin, const char* key, bool missing) {
  fail(ErrorKind::submission, "{}: key '{}' {}", origin, key, missing ? "is missing" : "has the wrong type");
}

}  // namespace pgolf
