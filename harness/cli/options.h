// Options that several verbs have.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "judge/verdict.h"
#include "resolve/resolve.h"

namespace pgolf {

// Checks of option values: an integer of 64 bits, which CLI11 itself would bend into range; auto, cpu or cuda:N.
CLI::Validator whole_number();
CLI::Validator device_name();

// SUBMISSION, --profile, --seed, --steps, --seconds, --set
void add_resolve_options(CLI::App* verb, std::string& submission, ResolveRequest& request);

// --clock
void add_clock_option(CLI::App* verb, ResolveRequest& request);

// What --reading says.
Reading reading_from(const std::string& name);

// --rules, --as-of, --reading
void add_rule_options(CLI::App* verb, std::string& rules, std::string& as_of, std::string& reading);

}  // namespace pgolf
