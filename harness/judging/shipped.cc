#include "harness/judging/shipped.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "base/sha256.h"
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

const Submission* shipped_submission(const std::string& id, int64_t pull) {
  static const auto parsed = [] {
    std::map<std::string, Submission> out;
    for (const auto& [name, text] : shipped_submissions())
      out.emplace(name, parse_submission(text, "submissions/" + name + "/submission.toml"));
    return out;
  }();
  const auto found = parsed.find(id);
  if (found != parsed.end()) return &found->second;
  const auto same = std::find_if(parsed.begin(), parsed.end(), [&](const auto& s) { return s.second.pr == pull; });
  return pull == 0 || same == parsed.end() ? nullptr : &same->second;
}

std::vector<std::string> edited_files(const std::filesystem::path& directory, const std::string& id) {
  std::vector<std::string> out;
  for (const auto& [name, sha256] : shipped_files()) {
    const auto slash = name.find('/');
    if (name.substr(0, slash) != id) continue;
    const std::filesystem::path file = directory / name.substr(slash + 1);
    std::error_code gone;
    if (std::filesystem::is_regular_file(file, gone) && sha256_file(file) != sha256)
      out.push_back(name.substr(slash + 1) + " is another text");
  }
  return out;
}

std::vector<std::string> differences_from_shipped(const Json& pinned) {
  constexpr size_t kNamed = 5;
  const Json& submission = pinned.at("submission");
  const Submission* shipped =
      shipped_submission(submission.at("id").get<std::string>(), submission.value("pr", int64_t{0}));
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
  if (submission.at("id") != shipped->id) out.push_back(fmt::format("its name is {}", shipped->id));
  if (submission.at("code_bytes") != expected.at("submission").at("code_bytes"))
    compare(submission["code_bytes"], expected["submission"]["code_bytes"], "code bytes", out);
  compare(pinned.at("config"), expected.at("config"), "", out);
  const size_t differing = out.size();
  if (differing > kNamed) {
    out.resize(kNamed);
    out.push_back(fmt::format("{} more", differing - kNamed));
  }
  return out;
}

}  // namespace pgolf
