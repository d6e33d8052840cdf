// What the environment names of the upstream scripts decide: the metadata of golden files gives values under them.
#pragma once

#include <optional>
#include <string>

#include "engine/config/config.h"
#include "tests/support/golden.h"

namespace pgolf {

// The value of a name in a file, or the default of its script where the submission ran with another; else nothing, and
// the submission's own configuration stands.
std::optional<std::string> env_of(const GoldenFile& file, const std::string& pr, const std::string& name);

// Sets what has a field of its own. Errors: usage for a name that is not known here, or a value without counterpart.
void apply_env(Config& config, const GoldenFile& file, const std::string& pr);

}  // namespace pgolf
