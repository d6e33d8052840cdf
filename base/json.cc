#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/message.h"
#include "base/utf8.h"

namespace pgolf {
namespace {

// The parser quotes the text it was reading, which may be a whole document.
std::string shortened(std::string what) {
  constexpr size_t kLongest = 200;
  return what.size() <= kLongest ? what : std::string(utf8_prefix(what, kLongest)) + "...";
}

// None of our documents comes near these; beyond them one is costly to read, or dangerous. A key that comes twice is
// read by some as the first, by others as the last.
constexpr int64_t kMostBytes = 64 << 20;
constexpr size_t kMostLevels = 200;    // copies and destructors recurse
constexpr size_t kMostMembers = 2000;  // of one object: keys in insertion order are searched one by one

struct Refused {
  std::string what;
};

// Runs while the parser does, so that a hostile document costs no more than its length.
class Guard {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    const auto level = static_cast<size_t>(depth);
    if (level > kMostLevels) throw Refused{fmt::format("nested more than {} levels deep", kMostLevels)};
    if (event == Json::parse_event_t::object_start) {
      keys_.resize(std::max(keys_.size(), level + 2));
      keys_[level + 1].clear();
    }
    if (event != Json::parse_event_t::key) return true;
    auto& keys = keys_[level];
    if (!keys.insert(parsed.get<std::string>()).second)
      throw Refused{fmt::format("key '{:.60}' comes twice in one object", as_message(parsed.get<std::string>()))};
    if (keys.size() > kMostMembers) throw Refused{fmt::format("an object of more than {} members", kMostMembers)};
    return true;
  }

 private:
  std::vector<std::set<std::string>> keys_;  // of the open object at each depth
};

// The parser takes it for the end of the text, and would not look at what follows.
void refuse_nul(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) throw Refused{"a NUL character"};
}

}  // namespace

Json parse_json(std::string_view text, std::string_view origin) {
  try {
    refuse_nul(text);
    return Json::parse(text, Guard());
  } catch (const Refused& e) {
    fail(ErrorKind::submission, "{}: not valid JSON: {}", origin, e.what);
  } catch (const nlohmann::json::exception& e) {
    fail(ErrorKind::submission, "{}: not valid JSON: {}", origin, shortened(e.what()));
  }
}

std::optional<Json> parse_json_if_valid(std::string_view text) {
  try {
    refuse_nul(text);
    Json out = Json::parse(text, Guard(), false);
    return out.is_discarded() ? std::nullopt : std::optional(std::move(out));
  } catch (const Refused&) {
    return std::nullopt;
  }
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_text(path, kMostBytes), path.string()); }

int64_t json_integer(const Json& object, const char* key, std::string_view origin) {
  if (!object.is_object() || !object.contains(key)) fail_json_key(origin, key, true);
  if (!is_int64(object.at(key))) fail_json_key(origin, key, false);
  return object.at(key).get<int64_t>();
}

void fail_json_key(std::string_view origin, const char* key, bool missing) {
  fail(ErrorKind::submission, "{}: key '{}' {}", origin, key, missing ? "is missing" : "has the wrong type");
}

}  // namespace pgolf
