// The locks by which a supervisor shows that it is alive.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

namespace pgolf {

// An exclusive flock on a file, held until destruction or death; children do not inherit it.
class FileLock {
 public:
  // Creates the file; does not follow a link. Returns nothing if another process holds the lock. Errors: machine if the
  // file cannot be made.
  static std::optional<FileLock> try_lock(const std::filesystem::path& path);
  // Whether some process holds it; false if there is no such file.
  static bool is_held(const std::filesystem::path& path);

  ~FileLock();
  FileLock(FileLock&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  FileLock& operator=(FileLock&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace pgolf
