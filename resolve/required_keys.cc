#include "resolve/required_keys.h"

#include <fmt/ranges.h>

#include "base/error.h"

namespace pgolf {
namespace {

using Keys = std::vector<std::string_view>;

class MissingKeys {
 public:
  explicit MissingKeys(const std::string& file) : file_(file) {}

  // Of a table that is there; null or another type is for its reader to refuse.
  void need(const toml::node* node, const std::string& path, const Keys& keys) {
    const toml::table* table = node ? node->as_table() : nullptr;
    if (!table) return;
    for (const std::string_view key : keys)
      if (!table->contains(key)) add(*table, path.empty() ? std::string(key) : fmt::format("{}.{}", path, key));
  }
  void need_each(const toml::node* node, const std::string& path, const Keys& keys) {
    const toml::array* tables = node ? node->as_array() : nullptr;
    if (!tables) return;
    for (const toml::node& table : *tables) need(&table, path, keys);
  }
  void add(const toml::node& where, const std::string& key) {
    if (names_.empty()) origin_ = toml_origin(where, file_);
    names_.push_back(key);
  }
  void tell() const {
    if (names_.size() == 1) fail(ErrorKind::usage, "{}: key '{}' is missing", origin_, names_.front());
    if (!names_.empty()) fail(ErrorKind::usage, "{}: these keys are missing: {}", file_, fmt::join(names_, ", "));
  }

 private:
  const std::string& file_;
  std::string origin_;
  std::vector<std::string> names_;
};

const Keys kOfEverySubmission = {"id", "title"};
const Keys kOfPullRequest = {"id", "pr", "title", "author", "date", "track", "hardware", "seeds"};

}  // namespace

void check_required_keys(const toml::table& document, const std::string& file) {
  MissingKeys missing(file);
  const toml::node* submission = document.get("submission");
  const bool pull_request =
      document.contains("upstream") || (submission && submission->is_table() && submission->as_table()->contains("pr"));
  missing.need(&document, "",
               pull_request ? Keys{"format", "submission", "upstream", "code", "headline", "techniques"}
                            : Keys{"format", "submission"});
  missing.need(submission, "submission", pull_request ? kOfPullRequest : kOfEverySubmission);
  missing.need(document.get("upstream"), "upstream", {"repository", "commit", "path", "script_sha256"});
  missing.need(document.get("upstream_data"), "upstream_data",
               {"dataset", "train_shards", "shard_tokens", "train_tokens", "evidence"});
  if (const toml::table* code = document.get_as<toml::table>("code"); code && !code->contains("file"))
    missing.need(code, "code", {"bytes", "counted"});
  missing.need(document.get("headline"), "headline", {"source", "eval"});
  missing.need_each(document.get("claims"), "claims", {"source"});
  if (const toml::array* claims = document.get_as<toml::array>("claims"))
    for (const toml::node& claim : *claims)
      if (const toml::table* table = claim.as_table()) missing.need_each(table->get("evals"), "claims.evals", {"name"});
  missing.need_each(document.get("differences"), "differences", {"claimed", "as_run", "evidence"});
  if (const toml::table* profiles = document.get_as<toml::table>("profiles"))
    for (const auto& [name, profile] : *profiles)
      missing.need(&profile, fmt::format("profiles.{}", name.str()), {"summary"});
  missing.tell();
}

}  // namespace pgolf
