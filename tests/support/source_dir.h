// The source tree that tests read from: golden vectors, submissions, tokenizers.
#pragma once

#include <filesystem>

namespace pgolf {

// Where the tests were built, or PGOLF_SOURCE_DIR where they run on another machine (tools/gpu_check.sh).
std::filesystem::path source_dir();

}  // namespace pgolf
