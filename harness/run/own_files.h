// Directories that are the workspace's own, and no way out of it by a link.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "harness/run/workspace.h"

namespace pgolf {

bool is_own_directory(const std::filesystem::path& path);  // no link, and there

// A longer log, or manifest, is not read to learn that it is another: who wrote the home may have made it endless.
inline constexpr std::uintmax_t kMostEventLogBytes = 256 << 20, kMostManifestBytes = 64 << 20;
bool is_file_within(const std::filesystem::path& path, std::uintmax_t bytes);  // regular, and no longer

// A message without where the files lie: the record outlives that.
std::string without_path(std::string text, const std::filesystem::path& directory);

// Errors: database where something else lies in the place of the run's directory.
void check_own(const RunDirectory& run);

// HOME/data or HOME/reports, made if need be. Errors: usage where a link or a file lies in its place.
std::filesystem::path own_directory(const Workspace& workspace, const std::string& name);

// Removes all of it, whatever modes a phase gave its directories. Returns whether nothing is left.
bool remove_tree(const std::filesystem::path& path);

}  // namespace pgolf
