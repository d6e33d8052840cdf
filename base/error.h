// One exception type for everything a user can cause or must be told.
//
// The kind decides the exit code, so that a script can tell whose fault it was without reading text.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>

namespace pgolf {

// Exit codes of both executables (documented in docs/exit-codes.md).
enum class ErrorKind : int {
  verdict = 1,       // a rule failed, a result is worse, a claim was not reproduced
  usage = 2,         // command line or configuration
  inconclusive = 3,  // too few seeds, wrong GPU, probe unsupported
  submission = 4,    // the run itself failed: NaN loss, damaged artifact or data
  limit = 5,         // time, memory, disk or byte limit exceeded
  machine = 6,       // our fault or the machine's: disk full, out of memory, driver missing, broken installation
  not_found = 7,     // unknown submission, run, file or key
  database = 8,      // locked, newer schema, failed integrity check
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& what) : std::runtime_error(what), kind_(kind) {}
  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

// fail(ErrorKind::usage, "{}: unknown key '{}'; did you mean '{}'?", file, key, near);
// A message is one line that names the thing and the remedy.
template <class... Args>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

// A broken invariant of ours (shapes that do not fit, a missing backend): names the op and the sizes.
template <class... Args>
void check(bool ok, fmt::format_string<Args...> format, Args&&... args) {
  if (!ok) [[unlikely]]
    throw std::logic_error(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace pgolf
