#include "archive/git_repository.h"

#include <fmt/format.h>
#include <git2.h>

#include <charconv>
#include <cstring>
#include <mutex>

#include "base/error.h"

namespace pgolf {
namespace {

constexpr int kDeepest = 40;              // folders within folders
constexpr size_t kMostEntries = 500'000;  // looked at in one comparison: a tree may hold itself many times over

// Packs are mapped in parts, so that memory stays small however large they are.
void start_libgit2() {
  static std::once_flag once;
  std::call_once(once, [] {
    git_libgit2_init();
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, size_t{16} << 20);
    git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, size_t{128} << 20);
    git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, ssize_t{48} << 20);
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);  // nothing of a repository is executed, whoever owns it
    for (const auto level : {GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  });
}

template <class T, void (*Free)(T*)>
struct Handle {
  T* at = nullptr;
  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { Free(at); }
};
using Tree = Handle<git_tree, git_tree_free>;
using Blob = Handle<git_odb_object, git_odb_object_free>;
using Commit = Handle<git_commit, git_commit_free>;

git_oid to_git(const ObjectId& id) {
  git_oid out;
  std::memcpy(out.id, id.data(), id.size());
  return out;
}
ObjectId from_git(const git_oid& id) {
  ObjectId out;
  std::memcpy(out.data(), id.id, out.size());
  return out;
}

std::string last_error() {
  const git_error* error = git_error_last();
  return error && error->message ? error->message : "unknown error";
}

// "refs/pull/1493/head" is 1493.
std::optional<int64_t> pull_number(std::string_view reference) {
  constexpr std::string_view kBefore = "refs/pull/", kBehind = "/head";
  if (!reference.starts_with(kBefore) || !reference.ends_with(kBehind)) return std::nullopt;
  const auto digits = reference.substr(kBefore.size(), reference.size() - kBefore.size() - kBehind.size());
  if (digits.empty() || digits.size() > 9 || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return std::stoll(std::string(digits));
}

bool is_file(const git_tree_entry* entry) {
  const auto mode = git_tree_entry_filemode(entry);
  return mode == GIT_FILEMODE_BLOB || mode == GIT_FILEMODE_BLOB_EXECUTABLE;
}

}  // namespace

std::string hex_of(const ObjectId& id) {
  std::string out;
  for (const unsigned char byte : id) out += fmt::format("{:02x}", byte);
  return out;
}

std::optional<ObjectId> id_from_hex(std::string_view hex) {
  ObjectId out{};
  if (hex.size() != 2 * out.size()) return std::nullopt;
  for (size_t i = 0; i < out.size(); ++i)
    if (const char* at = hex.data() + 2 * i; std::from_chars(at, at + 2, out[i], 16).ptr != at + 2) return std::nullopt;
  return out;
}

ObjectId blob_id(std::string_view bytes) {
  start_libgit2();
  git_oid id;
  check(git_odb_hash(&id, bytes.data(), bytes.size(), GIT_OBJECT_BLOB) == 0, "git_odb_hash: {}", last_error());
  return from_git(id);
}

struct GitRepository::State {
  git_repository* repository = nullptr;
  git_odb* objects = nullptr;
  ~State() {
    git_odb_free(objects);
    git_repository_free(repository);
  }

  bool find_tree(const std::optional<ObjectId>& id, Tree& out) const {
    if (!id) return false;
    const git_oid wanted = to_git(*id);
    return git_tree_lookup(&out.at, repository, &wanted) == 0;
  }

  void compare(const std::optional<ObjectId>& from, const ObjectId& to, const std::string& path, int depth,
               std::vector<TreeChange>& out, size_t& left) const {
    Tree before, after;
    if (depth > kDeepest || !find_tree(to, after)) return;
    const bool has_before = find_tree(from, before);
    for (size_t i = 0; i < git_tree_entrycount(after.at) && left > 0; ++i) {
      --left;
      const git_tree_entry* entry = git_tree_entry_byindex(after.at, i);
      const char* name = git_tree_entry_name(entry);
      const git_oid* id = git_tree_entry_id(entry);
      const git_tree_entry* old = has_before ? git_tree_entry_byname(before.at, name) : nullptr;
      if (old && git_oid_equal(git_tree_entry_id(old), id)) continue;
      const std::string below = path.empty() ? name : path + "/" + name;
      if (git_tree_entry_type(entry) == GIT_OBJECT_TREE) {
        const bool was_tree = old && git_tree_entry_type(old) == GIT_OBJECT_TREE;
        compare(was_tree ? std::optional(from_git(*git_tree_entry_id(old))) : std::nullopt, from_git(*id), below,
                depth + 1, out, left);
      } else if (is_file(entry)) {
        out.push_back({below, from_git(*id)});
      }
    }
  }
};

GitRepository::GitRepository(const std::filesystem::path& path) : state_(std::make_unique<State>()) {
  start_libgit2();
  if (git_repository_open_ext(&state_->repository, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0)
    fail(ErrorKind::not_found, "{}: no git repository ({}); name its directory, bare or not", path.string(),
         last_error());
  if (git_repository_odb(&state_->objects, state_->repository) != 0)
    fail(ErrorKind::submission, "{}: damaged ({}); clone it again", path.string(), last_error());
}

GitRepository::~GitRepository() = default;
GitRepository::GitRepository(GitRepository&&) noexcept = default;

std::map<int64_t, ObjectId> GitRepository::pull_heads() const {
  std::map<int64_t, ObjectId> out;
  git_reference_iterator* iterator = nullptr;
  if (git_reference_iterator_glob_new(&iterator, state_->repository, "refs/pull/*") != 0)
    fail(ErrorKind::submission, "references cannot be read ({}); clone the repository again", last_error());
  git_reference* reference = nullptr;
  while (git_reference_next(&reference, iterator) == 0) {
    const auto number = pull_number(git_reference_name(reference));
    if (const git_oid* target = git_reference_target(reference); number && target)
      out.emplace(*number, from_git(*target));
    git_reference_free(reference);
  }
  git_reference_iterator_free(iterator);
  return out;
}

std::optional<ObjectId> GitRepository::main() const {
  git_oid id;
  if (git_reference_name_to_id(&id, state_->repository, "refs/heads/main") == 0) return from_git(id);
  if (git_reference_name_to_id(&id, state_->repository, "HEAD") == 0) return from_git(id);
  return std::nullopt;
}

std::optional<CommitFacts> GitRepository::commit(const ObjectId& id) const {
  Commit found;
  const git_oid wanted = to_git(id);
  if (git_commit_lookup(&found.at, state_->repository, &wanted) != 0) return std::nullopt;
  CommitFacts out{from_git(*git_commit_tree_id(found.at)), {}, git_commit_author(found.at)->when.time};
  for (unsigned i = 0; i < git_commit_parentcount(found.at); ++i)
    out.parents.push_back(from_git(*git_commit_parent_id(found.at, i)));
  return out;
}

std::vector<TreeChange> GitRepository::changes(const std::optional<ObjectId>& from, const ObjectId& to) const {
  std::vector<TreeChange> out;
  size_t left = kMostEntries;
  state_->compare(from, to, "", 0, out, left);
  return out;
}

std::optional<ObjectId> GitRepository::entry(const ObjectId& tree, std::string_view path) const {
  ObjectId at = tree;
  while (!path.empty()) {
    Tree here;
    if (!state_->find_tree(at, here)) return std::nullopt;
    const auto slash = std::min(path.find('/'), path.size());
    const git_tree_entry* entry = git_tree_entry_byname(here.at, std::string(path.substr(0, slash)).c_str());
    if (!entry) return std::nullopt;
    at = from_git(*git_tree_entry_id(entry));
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return at;
}

std::optional<int64_t> GitRepository::blob_size(const ObjectId& id) const {
  const git_oid wanted = to_git(id);
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_odb_read_header(&size, &type, state_->objects, &wanted) != 0 || type != GIT_OBJECT_BLOB) return std::nullopt;
  return static_cast<int64_t>(size);
}

bool GitRepository::read_blob(const ObjectId& id, const std::function<void(std::string_view)>& use) const {
  const git_oid wanted = to_git(id);
  Blob blob;
  if (git_odb_read(&blob.at, state_->objects, &wanted) != 0) return false;
  use({static_cast<const char*>(git_odb_object_data(blob.at)), git_odb_object_size(blob.at)});
  return true;
}

}  // namespace pgolf
