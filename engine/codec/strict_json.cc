#include "engine/codec/strict_json.h"

#include <set>
#include <vector>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr size_t kMaxShownName = 80;

// Runs while the parser does, so that neither fault can cost memory.
class Guard {
 public:
  Guard(std::string_view origin, std::string_view what, int max_depth)
      : origin_(origin), what_(what), keys_(static_cast<size_t>(max_depth) + 1) {}

  bool operator()(int depth, HeaderJson::parse_event_t event, HeaderJson& parsed) {
    const auto level = static_cast<size_t>(depth);
    if (level >= keys_.size()) fail(ErrorKind::submission, "{}: {} is nested too deeply", origin_, what_);
    if (event == HeaderJson::parse_event_t::object_start) keys_[level].clear();
    if (event == HeaderJson::parse_event_t::key) {
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys_[level - 1].insert(key).second)
        fail(ErrorKind::submission, "{}: {} has the key {} twice", origin_, what_, shown_name(key));
    }
    return true;
  }

 private:
  std::string_view origin_, what_;
  std::vector<std::set<std::string>> keys_;  // of the open object at each depth
};

}  // namespace

std::string shown_name(std::string_view name) {
  return HeaderJson(std::string(name.substr(0, kMaxShownName)))
      .dump(-1, ' ', true, HeaderJson::error_handler_t::replace);
}

HeaderJson parse_header_json(std::string_view text, std::string_view origin, std::string_view what, int max_depth) {
  if (text.empty() || text.front() != '{')
    fail(ErrorKind::submission, "{}: {} does not start with '{{'; is this another format?", origin, what);
  Guard guard(origin, what, max_depth);
  try {
    return HeaderJson::parse(text, std::ref(guard));
  } catch (const HeaderJson::parse_error& e) {
    fail(ErrorKind::submission, "{}: {} is not valid JSON at byte {}", origin, what, e.byte);
  } catch (const HeaderJson::exception&) {
    fail(ErrorKind::submission, "{}: {} holds a number that is out of range", origin, what);
  }
}

}  // namespace pgolf
