// What is said of a command line that cannot be understood.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace pgolf {

// One line: CLI11's, with the verb or option that was meant, and with the verbs there are where one is missing.
std::string parse_message(const CLI::App& app, const CLI::ParseError& e, const std::vector<std::string>& words);

// "help ls" asks for "ls --help".
std::vector<std::string> with_help_verb(std::vector<std::string> words);

}  // namespace pgolf
