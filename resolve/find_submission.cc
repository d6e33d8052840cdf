#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/similar.h"
#include "base/utf8.h"
#include "resolve/submission.h"
#include "resolve/toml.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// "849/files" -> "849"
std::string_view before_path(std::string_view text) { return text.substr(0, text.find_first_of("/?#")); }

// Whether the submission.toml in `directory` has this identifier; one that cannot be read has none.
bool has_id(const fs::path& directory, std::string_view id) {
  try {
    const fs::path file = directory / "submission.toml";
    const toml::table document = parse_toml(read_text(file, kMostTomlBytes), file.string());
    return document["submission"]["id"].value_or(std::string()) == id;
  } catch (const Error&) {
    return false;
  }
}

// Own submissions: folders of `root` and of the current directory, by name or by identifier.
fs::path own_submission(const fs::path& root, std::string_view name) {
  std::error_code ignored;
  if (name.empty() || name.find('/') != std::string_view::npos) return {};
  if (fs::exists(root / name / "submission.toml", ignored)) return root / name;
  for (const fs::path& place : {root, fs::path(".")})
    for (const std::string& folder : list_submissions(place))
      if (has_id(place / folder, name)) return (place / folder).lexically_normal();
  return {};
}

}  // namespace

std::vector<std::string> list_submissions(const fs::path& root) {
  std::vector<std::pair<int64_t, std::string>> found;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(root, ignored)) {
    const std::string name = entry.path().filename().string();
    if (!fs::exists(entry.path() / "submission.toml", ignored)) continue;
    const bool numbered = name.starts_with("pr-") && name.size() > 3 && name.size() < 15 &&
                          name.find_first_not_of("0123456789", 3) == std::string::npos;
    found.emplace_back(numbered ? std::stoll(name.substr(3)) : INT64_MAX, name);
  }
  std::sort(found.begin(), found.end());
  std::vector<std::string> out;
  for (auto& [number, name] : found) out.push_back(std::move(name));
  return out;
}

std::string submissions_text(const fs::path& root) {
  return fmt::format("{}", fmt::join(list_submissions(root), ", "));
}

std::optional<int64_t> pull_request_number(std::string_view name) {
  std::string number(name);
  for (const std::string_view before : {"/pull/", "parameter-golf#"})
    if (const auto at = number.rfind(before); at != std::string::npos)
      number = before_path(std::string_view(number).substr(at + before.size()));
  number = lower_ascii(number);
  for (const std::string_view prefix : {"pr-", "pr", "#"})
    if (number.starts_with(prefix)) {
      number.erase(0, prefix.size());
      break;
    }
  const bool digits = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  return digits && number.size() < 16 ? std::optional(std::stoll(number)) : std::nullopt;
}

fs::path find_submission(const fs::path& root, std::string_view name) {
  std::error_code ignored;
  if (const auto number = pull_request_number(name)) {
    const auto directory = root / fmt::format("pr-{}", *number);
    if (fs::exists(directory / "submission.toml", ignored)) return directory;
  } else if (fs::is_directory(name, ignored) && fs::exists(fs::path(name) / "submission.toml", ignored)) {
    return fs::path(name).lexically_normal();
  } else if (fs::path(name).filename() == "submission.toml" && fs::exists(name, ignored)) {
    return fs::path(name).parent_path();
  }
  if (const fs::path own = own_submission(root, name); !own.empty()) return own;
  if (fs::is_directory(name, ignored)) return fs::path(name).lexically_normal();  // loading it says what is missing
  const auto known = list_submissions(root);
  const auto number = pull_request_number(name);
  fail(ErrorKind::not_found, "submission '{}' not found{}; {} has: {}", name,
       did_you_mean(number ? fmt::format("pr-{}", *number) : std::string(name), known), root.string(),
       fmt::join(known, ", "));
}

Submission open_submission(const fs::path& root, std::string_view name) {
  return load_submission(find_submission(root, name), root);
}

}  // namespace pgolf
