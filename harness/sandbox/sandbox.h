// What a phase of the engine can see and reach.
//
//   bubblewrap   namespaces of its own: no network, the system read-only, and beyond it only the files of the phase, of
//                which its own directory alone is writable
//   none         a process of its own with a scrubbed environment, kept from nothing; the record says so
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pgolf {

enum class SandboxMode { automatic, required, off };

// What one phase needs besides the system.
struct SandboxFiles {
  std::vector<std::filesystem::path> readable;  // files and directories, seen under their own paths
  std::filesystem::path writable;               // the phase's directory; "": none but a /tmp of its own
  std::vector<std::filesystem::path> hidden;    // not seen even where they lie below a directory of the system
};

class Sandbox {
 public:
  // Tries the strongest level by running `program --version` in it. Runs it outside of a sandbox only where the phases
  // will run so: with `off`, or with `automatic` where no sandbox works and `program` is the engine that this pgolf was
  // built with. Errors: machine if `program` does not start, or no sandbox works for it, saying why.
  static Sandbox choose(SandboxMode mode, const std::filesystem::path& program);

  const std::string& level() const { return level_; }    // as recorded: "bubblewrap" or "none"
  const std::string& reason() const { return reason_; }  // why not more; "" for the strongest
  bool isolates() const { return level_ != "none"; }
  bool allows_namespaces() const { return nested_namespaces_; }  // to the engine: user namespaces of its own

  // Whether a phase could start `program`, a name that is looked for on the PATH.
  bool starts(const std::string& program) const;

  // The command line that runs `argv` (its first element an absolute path) with `files`.
  std::vector<std::string> wrap(const std::vector<std::string>& argv, const SandboxFiles& files) const;

 private:
  void try_bubblewrap(const std::filesystem::path& program);

  std::string level_ = "none", reason_;
  bool nested_namespaces_ = true;
};

// The environment a phase gets: a fixed one, the mark of its supervisor, and of ours a few settings of GPUs, threads
// and libraries, which the record holds (commands.md). `isolated`: of LD_LIBRARY_PATH only what the sandbox shows.
// Errors: usage for a setting of more than 1,024 bytes.
std::vector<std::string> phase_environment(bool isolated = false);

// Directories of our LD_LIBRARY_PATH that the sandbox does not show by itself.
std::vector<std::filesystem::path> library_directories();

// Whether every phase sees `path` and none can write there: files of the system and of those directories.
bool is_shown_to_all(const std::filesystem::path& path);

}  // namespace pgolf
