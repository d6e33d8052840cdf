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
// frequencies. Errors: those of apply_env(), and of validate_config() with the file's name.
Config golden_config(const GoldenFile& file);

// The quantisation and the number of layers of a quant_* file, whose `env` names no whole model.
Config golden_quant_config(const GoldenFile& file);

// Of one entry of the file's results: what `env` does not say, the entry's name and the script's log do.
Config golden_config(const GoldenFile& file, const std::string& evaluation);

}  // namespace pgolf
