// Blobs of a repository to what the record keeps of them, on two threads.
#pragma once

#include <filesystem>
#include <vector>

#include "db/archive.h"

namespace pgolf {

// In the order of `wanted`. One that is not here, or too large, has no bytes or no values.
std::vector<ArchiveBlob> read_blobs(const std::filesystem::path& repository, const std::vector<BlobKey>& wanted);

}  // namespace pgolf
