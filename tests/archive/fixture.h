// A small git repository, made in the test, and a record to add it to.
#pragma once

#include <git2.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "archive/import.h"
#include "db/archive.h"
#include "tests/support/temp_directory.h"

namespace pgolf {

using Files = std::map<std::string, std::string>;  // path -> content

class ArchiveFixture : public testing::Test {
 protected:
  ArchiveFixture();
  ~ArchiveFixture() override;

  git_oid commit(const Files& files, const std::vector<git_oid>& parents, int64_t time);
  void ref(const std::string& name, const git_oid& commit);
  void remove_ref(const std::string& name);
  void pull(int number, const git_oid& head) { ref("refs/pull/" + std::to_string(number) + "/head", head); }

  std::filesystem::path repository() const { return directory_ / "repo.git"; }
  ArchiveTables tables() { return ArchiveTables(store_); }
  // Folders of a pull request by their paths.
  std::map<std::string, ArchiveFolder> folders(int64_t pull);

  TempDirectory directory_;
  Store store_;

 private:
  git_oid tree(const Files& files);
  git_repository* repository_ = nullptr;
};

// A log of the 10-minute track whose last pair implies `bytes` over `targets`.
std::string log_text(int64_t targets, double bytes, int seed);

}  // namespace pgolf
