// The archive around a bundle: tar by libarchive, in a zstd frame. Only bundle.cc knows of it.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/bundle/bundle.h"

namespace pgolf {

using TarFiles = std::vector<std::pair<std::string, std::string>>;  // path, content

std::string write_tar(const TarFiles& files);
// Errors: as read_bundle.
TarFiles read_tar(std::string_view tar, std::string_view origin, const BundleLimits& limits);

std::string zstd_frame(std::string_view data);
// Exactly one frame of at most `most` bytes. Errors: as read_bundle.
std::string read_zstd_frame(std::string_view data, std::string_view origin, int64_t most);

}  // namespace pgolf
