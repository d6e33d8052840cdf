// What one phase is shown of a run's data: a half, and nothing beside it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/manifest.h"

namespace pgolf {

struct DataView {
  std::filesystem::path data;    // for --data
  std::filesystem::path hashes;  // for --hashes: of shards of the half that need not be hashed; "" for none
  int64_t remembered = 0;        // how many those are
  std::vector<std::filesystem::path> readable;  // what a sandbox shows of it
  std::vector<std::filesystem::path> hidden;    // and what it keeps away: the data, and where adopted shards lie
};

// Of `half` ("train" or "val"). `place` is a directory of the run's for what is made for it: the hashes, and without a
// sandbox a directory of links, so that at least no path leads to the rest. `memory` is hashes.json of the workspace.
DataView view_of(const DataManifest& data, const std::string& half, const std::filesystem::path& place, bool sandboxed,
                 const std::filesystem::path& memory);

}  // namespace pgolf
