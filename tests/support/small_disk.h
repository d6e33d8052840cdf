// A file system of a few megabytes that a test can fill.
#pragma once

#include <filesystem>
#include <string>

namespace pgolf {

class SmallDisk {
 public:
  // Mounts a tmpfs on `directory`, in a user namespace of its own where we are not root.
  SmallDisk(const std::filesystem::path& directory, size_t bytes);
  ~SmallDisk();

  const std::string& why_not() const { return why_not_; }  // "" if there is one
  const std::filesystem::path& path() const { return path_; }

  // Fills it but for `leave` bytes; frees what was filled.
  void fill(size_t leave = 0) const;
  void free() const;
  void make_read_only() const;

 private:
  std::filesystem::path path_;
  std::string why_not_;
};

}  // namespace pgolf
