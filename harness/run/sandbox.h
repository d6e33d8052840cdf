// What a phase of the engine can see and reach.
//
//   bubblewrap   own namespaces: no network, the system read-only, of everything else only the files of the phase, its
//   own
//                directory alone writable
//   none         a process of its own with a scrubbed environment; kept from nothing, and the record says so
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pgolf {

enum class SandboxMode { automatic, required, off };

// What one phase needs besides the system.
struct SandboxFiles {
  std::vector<std::filesystem::path> readable;  // files and directories, seen under their own paths
  std::filesystem::path writable;               // the phase's directory
  std::vector<std::filesystem::path> hidden;    // not seen even where they lie below a directory of the system
};

class Sandbox {
 public:
  // Tries the strongest level by running `program --version` in it.
  // Errors: machine if `program` does not even start outside, or `mode` is required and no sandbox works, saying why.
  static Sandbox choose(SandboxMode mode, const std::filesystem::path& program);

  const std::string& level() const { return level_; }    // as recorded: "bubblewrap" or "none"
  const std::string& reason() const { return reason_; }  // why not more; "" for the strongest
  bool isolates() const { return level_ != "none"; }

  // Whether a phase could start `program`, a name that is looked for on the PATH.
  bool starts(const std::string& program) const;

  // The command line that runs `argv` (its first element an absolute path) with `files`.
  std::vector<std::string> wrap(const std::vector<std::string>& argv, const SandboxFiles& files) const;

 private:
  std::string level_ = "none", reason_;
};

// The environment a phase gets: PATH, locale, library and GPU settings of ours, and nothing else. `isolated`: of
// LD_LIBRARY_PATH only what the sandbox shows.
std::vector<std::string> phase_environment(bool isolated = false);

}  // namespace pgolf
