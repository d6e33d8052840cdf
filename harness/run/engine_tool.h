// Short runs of pgolf-engine, supervised and in a sandbox, that belong to no run of the record: `devices`, `memory`,
// `bench`.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "engine/config/pinned.h"
#include "harness/sandbox/sandbox.h"

namespace pgolf {

// A directory that is removed with this: of the system's temporary one, or PARENT/NAME-XXXXXX. Errors: machine if it
// cannot be made.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const std::filesystem::path& parent, const std::string& name);
  ~ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// The engine that --engine names, else PGOLF_ENGINE, else the one beside pgolf. Errors: machine if it is not there.
std::filesystem::path engine_path(const std::string& named);

// What the engine prints with these arguments in `sandbox`, where it sees files that they name by absolute paths.
// Errors: those of the engine with its exit code and words; limit after `limit_s`; Interrupted.
std::string run_engine_tool(const std::filesystem::path& engine, const std::vector<std::string>& arguments,
                            double limit_s, const Sandbox& sandbox);

// `pgolf-engine devices`, format pgolf.devices/1 (docs/cuda.md). Errors: also machine if that is not what it prints.
Json probe_engine_devices(const std::filesystem::path& engine, const Sandbox& sandbox);

// `pgolf-engine memory`: what each phase of a configuration needs on a device, and what that has; asked in the sandbox,
// as a phase would find it. Null, with a notice, of an engine that cannot tell. Errors: machine if the device or a
// library of it cannot be used there.
Json ask_engine_memory(const std::filesystem::path& engine, const Pinned& pinned, const std::string& device, bool fast,
                       const Sandbox& sandbox);

}  // namespace pgolf
