// A directory of many files that appears at once: readers see the old one or the new one, and no mixture.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace pgolf {

class NewDirectory {
 public:
  // `replaces` says of the name of an entry whether an existing directory may lose it: one that holds anything else is
  // refused and kept. Errors: usage for such a directory, machine for what cannot be written.
  NewDirectory(std::filesystem::path path, const std::function<bool(const std::string&)>& replaces);
  ~NewDirectory();  // leaves nothing of what was not finished
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;

  void write(const std::string& name, std::string_view text);
  void finish();  // one sync of its file system for all files, then the name

 private:
  std::filesystem::path path_, temporary_;
};

}  // namespace pgolf
