#include "harness/judging/shipped.h"

#include <fmt/format.h>

#include <map>

#include "base/error.h"
#include "identity/identity.h"
#include "resolve/resolve.h"

namespace pgolf {
namespace {

void compare(const Json& here, const Json& shipped, const std::string& path, std::vector<std::string>& out) {
  if (here.is_object() && shipped.is_object()) {
    for (const auto& [key, value] : here.items())
      if (shipped.contains(key)) compare(value, shipped[key], path.empty() ? key : path + "." + key, out);
  } else if (here != shipped) {
    const auto shown = [](const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); };
    out.push_back(fmt::format("{} {:.40}, shipped {:.40}", path, shown(here), shown(shipped)));
  }
}

}  // namespace

const Submission* shipped_submission(const std::string& id) {
  static const auto parsed = [] {
    std::map<std::string, Submission> out;
    for (const auto& [name, text] : shipped_submissions())
      out.emplace(name, parse_submission(text, "submissions/" + name + "/submission.toml"));
    return out;
  }();
  const auto found = parsed.find(id);
  return found == parsed.end() ? nullptr : &found->second;
}

std::vector<std::string> differences_from_shipped(const Json& pinned) {
  constexpr size_t kNamed = 5;
  const Submission* shipped = shipped_submission(pinned.at("submission").at("id").get<std::string>());
  if (!shipped) return {};
  ResolveRequest request;
  request.profile = pinned.at("profile").get<std::string>();
  request.seed = pinned.at("seed").get<int64_t>();
  request.sets = pinned.value("overrides", std::vector<std::string>{});
  Json expected;
  try {
    expected = pinned_to_json(resolve(*shipped, request).pinned);
  } catch (const Error& e) {
    return {fmt::format("it does not allow this configuration ({})", e.what())};
  }
  std::vector<std::string> out;
  if (pinned.at("submission").at("code_bytes") != expected.at("submission").at("code_bytes"))
    compare(pinned["submission"]["code_bytes"], expected["submission"]["code_bytes"], "code bytes", out);
  compare(pinned.at("config"), expected.at("config"), "", out);
  const size_t differing = out.size();
  if (differing > kNamed) {
    out.resize(kNamed);
    out.push_back(fmt::format("{} more", differing - kNamed));
  }
  return out;
}

}  // namespace pgolf
