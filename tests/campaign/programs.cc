#include "tests/campaign/programs.h"

#include "tests/support/source_dir.h"

namespace pgolf::campaign {

std::filesystem::path own_directory() { return std::filesystem::read_symlink("/proc/self/exe").parent_path(); }

std::vector<std::string> pgolf_command(const std::filesystem::path& programs, const std::filesystem::path& home) {
  return {(programs / "pgolf").string(),
          "--quiet",
          "--home",
          home.string(),
          "--submissions",
          (source_dir() / "submissions").string(),
          "--rules-dir",
          (source_dir() / "rules").string()};
}

}  // namespace pgolf::campaign
