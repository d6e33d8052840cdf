// What every phase sees of the system: where programs lie, where the loader finds libraries, and what programs open of
// the machine. Of the directories in those only such as hold a library, so that no text lies open.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace pgolf {

struct ShownSystem {
  std::vector<std::string> shown;                          // directories and files, read-only
  std::vector<std::string> covered;                        // directories in those, empty to a phase
  std::vector<std::pair<std::string, std::string>> links;  // name and target: /lib, usr/lib
};
ShownSystem shown_system();

// Whether it lies there, followed through links.
bool is_in_system(const std::filesystem::path& path);

// A directory that a library of this program lies in and that no phase sees, which would be given another of that name
// if the system has one; "" if there is none.
std::string hidden_library_directory();

// The directories of our LD_LIBRARY_PATH.
std::vector<std::string> library_path();
std::vector<std::string> directories_of(std::string_view path);  // "a:b"

}  // namespace pgolf
