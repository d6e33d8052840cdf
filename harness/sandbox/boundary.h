// Which files a phase may open and change, and what it is called if it tries others.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "db/attempts.h"
#include "harness/sandbox/sandbox.h"

namespace pgolf {

// Paths are the engine's, absolute; they are compared by their letters, since in its sandbox most lead nowhere.
class Boundary {
 public:
  explicit Boundary(const SandboxFiles& files);

  // `verb` a file: "open", "remove". Nothing if that is no attempt at something kept from the phase.
  std::optional<Attempt> attempt(const std::string& verb, const std::filesystem::path& path, bool writes) const;

 private:
  bool is_given(const std::filesystem::path& path, bool writes) const;

  std::vector<std::filesystem::path> readable_, hidden_;
  std::filesystem::path writable_;
};

}  // namespace pgolf
