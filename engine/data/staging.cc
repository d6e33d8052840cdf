#include "engine/data/staging.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "base/error.h"

namespace pgolf {
namespace {

namespace fs = std::filesystem;

void require(const std::error_code& error, const fs::path& path, const char* action) {
  if (error) fail(ErrorKind::machine, "{}: {} failed: {}", path.string(), action, error.message());
}

fs::path without_trailing_slash(const fs::path& path) { return path.has_filename() ? path : path.parent_path(); }

void sync_directory(const fs::path& path) {
  const int fd = ::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

StagingDirectory::StagingDirectory(const fs::path& target)
    : target_(without_trailing_slash(target)), partial_(target_) {
  std::error_code error;
  if (fs::exists(target_, error) && !(fs::is_directory(target_, error) && fs::is_empty(target_, error)))
    fail(ErrorKind::usage, "{}: exists and is not empty; choose another directory or remove it", target_.string());
  partial_ += ".partial";
  fs::create_directories(partial_, error);
  require(error, partial_, "creating the directory");
  lock_ = ::open(partial_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (lock_ < 0 || ::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    if (lock_ >= 0) ::close(std::exchange(lock_, -1));
    fail(ErrorKind::usage, "{}: another process is preparing this directory; wait for it", target_.string());
  }
  for (const auto& left_over : fs::directory_iterator(partial_)) fs::remove_all(left_over.path(), error);
  require(error, partial_, "removing what an interrupted run left");
}

StagingDirectory::~StagingDirectory() {
  if (lock_ < 0) return;
  std::error_code ignored;
  fs::remove_all(partial_, ignored);
  ::close(lock_);
}

void StagingDirectory::create(const fs::path& relative) const {
  std::error_code error;
  fs::create_directories(partial_ / relative, error);
  require(error, partial_ / relative, "creating the directory");
}

void StagingDirectory::commit() {
  for (const auto& entry : fs::recursive_directory_iterator(partial_))
    if (entry.is_directory()) sync_directory(entry.path());
  sync_directory(partial_);
  std::error_code error;
  fs::rename(partial_, target_, error);
  require(error, target_, "renaming the finished directory into place");
  sync_directory(target_.parent_path());
  ::close(std::exchange(lock_, -1));
}

}  // namespace pgolf
