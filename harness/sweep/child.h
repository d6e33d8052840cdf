// A pgolf that works for this one.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace pgolf {

// Starts a program with its output in two files. It ends with us, and is in a process group of its own: an interrupt of
// the terminal reaches it through us, once. Errors: machine.
pid_t start_child(const std::vector<std::string>& argv, const std::filesystem::path& out,
                  const std::filesystem::path& err);

// What waitpid() told of it as a shell says it: 128 and the signal of what was ended by one.
int exit_code_of_child(int status);

// The last line of a file, at most 400 bytes; "" if there is none.
std::string last_line(const std::filesystem::path& file);

}  // namespace pgolf
