#include "tests/support/source_dir.h"

#include <cstdlib>

namespace pgolf {

std::filesystem::path source_dir() {
  const char* set = std::getenv("PGOLF_SOURCE_DIR");
  return set != nullptr && *set != '\0' ? set : PGOLF_SOURCE_DIR;
}

}  // namespace pgolf
