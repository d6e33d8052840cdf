// Lines for the user on standard error: what is going on, and never a result.
#pragma once

#include <fmt/format.h>

#include <string>

namespace pgolf {

void set_quiet(bool quiet);
void print_notice(const std::string& line);

template <class... Args>
void notice(fmt::format_string<Args...> format, Args&&... args) {
  print_notice(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace pgolf
