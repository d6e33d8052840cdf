// A directory that appears whole or not at all: it is filled beside its place and renamed when complete.
#pragma once

#include <filesystem>

namespace pgolf {

class StagingDirectory {
 public:
  // Creates `target`.partial; what an interrupted run left there is removed. Errors: usage if `target` exists and is
  // not an empty directory, or if another process is filling it; machine if it cannot be created.
  explicit StagingDirectory(const std::filesystem::path& target);
  ~StagingDirectory();  // removes everything unless committed
  StagingDirectory(const StagingDirectory&) = delete;
  StagingDirectory& operator=(const StagingDirectory&) = delete;

  const std::filesystem::path& path() const { return partial_; }
  void create(const std::filesystem::path& relative) const;  // a directory inside
  void commit();

 private:
  std::filesystem::path target_, partial_;
  int lock_ = -1;
};

}  // namespace pgolf
