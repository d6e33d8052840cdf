// Whether a run can fit, asked before an hour of training finds that it cannot.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace pgolf {

// Bytes that a line of /proc/meminfo names ("MemAvailable"); nothing where it has no such line.
std::optional<int64_t> memory_bytes(const std::string& line);

// Errors: machine, if the disk has no room for checkpoint, artifact and logs, or if memory has none for what training
// on the CPU holds of every parameter. A GPU's memory is known to its engine alone, which reports a lack of it.
void check_room(const std::filesystem::path& home, int64_t num_params, const std::string& device);

}  // namespace pgolf
