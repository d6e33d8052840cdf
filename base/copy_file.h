// A file's bytes alone, however many.
#pragma once

#include <filesystem>

namespace pgolf {

// write_file_atomic() of a regular file's bytes, piece by piece. Errors: those, and usage for what is no regular file.
void copy_file_atomic(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace pgolf
