#include "base/json.h"

#include "base/error.h"
#include "base/file.h"

namespace pgolf {

Json parse_json(std::string_view text, std::string_view origin) {
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::exception& e) {
    fail(ErrorKind::submission, "{}: not valid JSON: {}", origin, e.what());
  }
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_text(path), path.string()); }

void fail_json_key(std::string_view origin, const char* key, bool missing) {
  fail(ErrorKind::submission, "{}: key '{}' {}", origin, key, missing ? "is missing" : "has the wrong type");
}

}  // namespace pgolf
