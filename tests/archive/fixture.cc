#include "tests/archive/fixture.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "base/error.h"

namespace pgolf {
namespace {

void expect_done(int result) { check(result == 0, "libgit2: {}", result); }

}  // namespace

ArchiveFixture::ArchiveFixture() : store_(Store::open(directory_ / "runs.db")) {
  git_libgit2_init();
  expect_done(git_repository_init(&repository_, repository().c_str(), 1));
}

ArchiveFixture::~ArchiveFixture() {
  git_repository_free(repository_);
  git_libgit2_shutdown();
}

git_oid ArchiveFixture::tree(const Files& files) {
  git_treebuilder* builder = nullptr;
  expect_done(git_treebuilder_new(&builder, repository_, nullptr));
  std::map<std::string, Files> below;
  git_oid id;
  for (const auto& [path, content] : files) {
    if (const auto slash = path.find('/'); slash != std::string::npos) {
      below[path.substr(0, slash)].emplace(path.substr(slash + 1), content);
      continue;
    }
    expect_done(git_blob_create_from_buffer(&id, repository_, content.data(), content.size()));
    expect_done(git_treebuilder_insert(nullptr, builder, path.c_str(), &id, GIT_FILEMODE_BLOB));
  }
  for (const auto& [name, inner] : below) {
    id = tree(inner);
    expect_done(git_treebuilder_insert(nullptr, builder, name.c_str(), &id, GIT_FILEMODE_TREE));
  }
  expect_done(git_treebuilder_write(&id, builder));
  git_treebuilder_free(builder);
  return id;
}

git_oid ArchiveFixture::commit(const Files& files, const std::vector<git_oid>& parents, int64_t time) {
  const git_oid root = tree(files);
  git_tree* found = nullptr;
  expect_done(git_tree_lookup(&found, repository_, &root));
  git_signature* author = nullptr;
  expect_done(git_signature_new(&author, "a", "a@b", time, 0));
  std::vector<git_commit*> commits(parents.size());
  for (size_t i = 0; i < parents.size(); ++i) expect_done(git_commit_lookup(&commits[i], repository_, &parents[i]));
  git_oid id;
  expect_done(git_commit_create(&id, repository_, nullptr, author, author, nullptr, "m", found, commits.size(),
                                const_cast<const git_commit**>(commits.data())));
  for (git_commit* parent : commits) git_commit_free(parent);
  git_signature_free(author);
  git_tree_free(found);
  return id;
}

void ArchiveFixture::ref(const std::string& name, const git_oid& commit) {
  git_reference* out = nullptr;
  expect_done(git_reference_create(&out, repository_, name.c_str(), &commit, 1, nullptr));
  git_reference_free(out);
}

void ArchiveFixture::remove_ref(const std::string& name) {
  expect_done(git_reference_remove(repository_, name.c_str()));
}

std::map<std::string, ArchiveFolder> ArchiveFixture::folders(int64_t pull) {
  std::map<std::string, ArchiveFolder> out;
  for (ArchiveFolder& folder : tables().folders(1, pull)) {
    folder.files = tables().files(folder.id);
    out.emplace(folder.path, folder);
  }
  return out;
}

std::string log_text(int64_t targets, double bytes, int seed) {
  const double loss = 2.0, bpb = static_cast<double>(targets) * loss / (std::numbers::ln2 * bytes);
  return fmt::format(
      "seed:{}\nval_loader:shards pattern=./fineweb_val_*.bin tokens:{}\nstep:100/200 val_loss:3.1 val_bpb:1.9 "
      "train_time:5000ms step_avg:50ms\nstopping_early: wallclock_cap train_time:599672ms step:120/200\n"
      "Total submission size int8+zlib: 15900000 bytes\n"
      "final_int8_zlib_roundtrip val_loss:2.0000 val_bpb:{:.4f} eval_time:1234ms\n"
      "final_int8_zlib_roundtrip_exact val_loss:{:.8f} val_bpb:{:.8f}\n",
      seed, targets, bpb, loss, bpb);
}

}  // namespace pgolf
