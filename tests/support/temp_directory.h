// A directory of its own for a test; it goes with the object.
#pragma once

#include <filesystem>
#include <string>

namespace pgolf {

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::filesystem::path& name) const { return path_ / name; }
  // Writes `content` to `name`, whose directories it makes.
  std::filesystem::path file(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

}  // namespace pgolf
