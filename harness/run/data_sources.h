// Where the documents of prepared data lie on this machine: the validation text is in them, so no phase may see them.
// `sources.json` in the data directory, format `pgolf.data-sources/1` (docs/data.md); no part of the data's identity.
#pragma once

#include <filesystem>
#include <vector>

namespace pgolf {

// Adds paths to what is known. Errors: machine if the file cannot be written.
void note_sources(const std::filesystem::path& data, const std::vector<std::filesystem::path>& sources);

// Empty where nothing is known. Errors: submission for a damaged or newer file.
std::vector<std::filesystem::path> known_sources(const std::filesystem::path& data);

}  // namespace pgolf
