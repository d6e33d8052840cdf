// Whether a run can reach its end, asked before an hour of training finds that it cannot: the programs that a later
// phase starts, memory and room on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/config/pinned.h"
#include "harness/sandbox/sandbox.h"

namespace pgolf {

// Bytes that a line of /proc/meminfo names ("MemAvailable"); nothing where it has no such line.
std::optional<int64_t> memory_bytes(const std::string& line);

// Where a program is on the PATH; "" if nowhere.
std::string program_path(const std::string& name);

// Errors of all three: machine, one line with what is needed, what there is and the remedy.

// The programs that packing and evaluation start must be there in the sandbox, too.
void check_programs(const Config& config, const Sandbox& sandbox);

// `answer` is what `pgolf-engine memory` prints (pgolf.memory/1; null: it cannot tell): what each of `phases` needs is
// held against what is free, on the CPU also against `most_bytes`, which a phase may hold.
void check_memory(const Json& answer, const std::vector<std::string>& phases, std::uintmax_t most_bytes);

void check_disk(const std::filesystem::path& home, int64_t bytes);

}  // namespace pgolf
