// Paths compared by their letters.
#pragma once

#include <algorithm>
#include <filesystem>

namespace pgolf {

// Whether `path` is `directory` or lies in it, by the letters of both.
inline bool is_below(const std::filesystem::path& path, const std::filesystem::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first == directory.end();
}

}  // namespace pgolf
