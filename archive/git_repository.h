// A git repository's objects, read through libgit2. Nothing is checked out; no hook, filter or configuration runs.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pgolf {

using ObjectId = std::array<unsigned char, 20>;
std::string hex_of(const ObjectId& id);
std::optional<ObjectId> id_from_hex(std::string_view hex);  // nullopt for what is none
ObjectId blob_id(std::string_view bytes);                   // that git gives a file of these bytes

struct CommitFacts {
  ObjectId tree{};
  std::vector<ObjectId> parents;
  int64_t time = 0;  // of the author, seconds since 1970
};

// A file that one tree has and another has not, or as another one.
struct TreeChange {
  std::string path;  // any bytes but NUL; '/' between names
  ObjectId blob{};
};

// One thread at a time; several of one repository may be open. Errors of all functions: not_found for a directory that
// is no repository; submission for a damaged one.
class GitRepository {
 public:
  explicit GitRepository(const std::filesystem::path& path);
  ~GitRepository();
  GitRepository(GitRepository&&) noexcept;

  // By the number of the pull request: refs/pull/N/head.
  std::map<int64_t, ObjectId> pull_heads() const;
  std::optional<ObjectId> main() const;                         // refs/heads/main, or what HEAD names
  std::optional<CommitFacts> commit(const ObjectId& id) const;  // nullopt: not here

  // Files of tree `to` that tree `from` has not, or otherwise; all of them without `from`. Equal subtrees are skipped,
  // links and submodules passed over. Trees that are not here are as if empty; half a million entries are the most.
  std::vector<TreeChange> changes(const std::optional<ObjectId>& from, const ObjectId& to) const;
  // What lies at `path` of a tree; nullopt if nothing does.
  std::optional<ObjectId> entry(const ObjectId& tree, std::string_view path) const;

  std::optional<int64_t> blob_size(const ObjectId& id) const;  // nullopt: not here
  // Its bytes, for the call alone; false if it is not here.
  bool read_blob(const ObjectId& id, const std::function<void(std::string_view)>& use) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgolf
