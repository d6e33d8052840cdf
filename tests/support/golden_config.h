// The configuration of a golden file: the submission's own, with the hyperparameters of the file's metadata.
#pragma once

#include <string>

#include "engine/config/config.h"
#include "tests/support/golden.h"

namespace pgolf {

// "334", from the metadata or, where that has none, from the file's name.
std::string golden_pr(const GoldenFile& file);

// [config.*] of submissions/pr-<pr>/submission.toml over the defaults.
Config submission_config(const std::string& pr);

// submission_config with the file's `env` applied, under upstream names; a name that the file leaves out has the
// upstream script's default. Storage is float32 throughout, as golden files are: no bfloat16 rounding of weights or
// frequencies.
Config golden_config(const GoldenFile& file);

}  // namespace pgolf
