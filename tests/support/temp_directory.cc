#include "tests/support/temp_directory.h"

#include <cstdlib>
#include <fstream>

#include "base/error.h"

namespace pgolf {
namespace fs = std::filesystem;

TempDirectory::TempDirectory() {
  std::string name = (fs::temp_directory_path() / "pgolf-test-XXXXXX").string();
  check(::mkdtemp(name.data()) != nullptr, "cannot make a directory {}", name);
  path_ = name;
}

TempDirectory::~TempDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path TempDirectory::file(const std::string& name, const std::string& content) const {
  fs::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name) << content;
  return path_ / name;
}

}  // namespace pgolf
