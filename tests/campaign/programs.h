// How a campaign calls pgolf, on the machine that built it or on another (tools/gpu_bundle.sh).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pgolf::campaign {

std::filesystem::path own_directory();  // where this program lies, and pgolf and pgolf-engine beside it

// `programs`/pgolf, quiet, with its workspace and the submissions and rulesets of the source tree (source_dir()).
std::vector<std::string> pgolf_command(const std::filesystem::path& programs, const std::filesystem::path& home);

}  // namespace pgolf::campaign
