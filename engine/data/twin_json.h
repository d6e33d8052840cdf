// twin.json: reader and writer.
#pragma once

#include <filesystem>

#include "engine/data/twin.h"

namespace pgolf {

void save_twin(const TwinSet& twin, const std::filesystem::path& directory);

}  // namespace pgolf
