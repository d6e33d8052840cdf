// A workspace of its own, the submissions of the checkout, a small prepared data set and a fake engine.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/store.h"
#include "engine/data/manifest.h"
#include "harness/resolve/resolve.h"
#include "harness/resolve/submission.h"
#include "harness/run/run.h"

namespace pgolf {

// The Error that `body` throws; a failure if it throws none.
template <class Body>
Error error_of(Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::machine, "nothing was thrown");
}

inline std::filesystem::path source_directory() { return PGOLF_SOURCE_DIR; }
inline std::filesystem::path fake_engine() { return std::filesystem::path(PGOLF_BINARY_DIR) / "fake_engine"; }
inline std::filesystem::path pgolf_program() { return std::filesystem::path(PGOLF_BINARY_DIR) / "pgolf"; }

// Whether bubblewrap works here. Where it does not, every test that does not ask for it runs with --sandbox off: the
// fake engine is nobody's own.
bool sandbox_works();

class TempDirectory {
 public:
  TempDirectory();
  ~TempDirectory();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name, const std::string& content) const;

 private:
  std::filesystem::path path_;
};

struct CommandResult {
  int exit_code = 0;  // 128 + signal where one ended it
  std::string out, err;
};
// Runs a program to its end with `environment` ("NAME=value") added to ours.
CommandResult run_command(const std::vector<std::string>& argv, const std::vector<std::string>& environment = {});
// Starts it, its output in `log`; returns its pid.
pid_t start_command(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
                    const std::filesystem::path& log);

// Sets PGOLF_ENGINE_TEST for as long as it lives.
class EngineBehaviour {
 public:
  explicit EngineBehaviour(const std::string& plan) { ::setenv("PGOLF_ENGINE_TEST", plan.c_str(), 1); }
  ~EngineBehaviour() { ::unsetenv("PGOLF_ENGINE_TEST"); }
};

class HarnessFixture : public testing::Test {
 protected:
  HarnessFixture();

  Workspace workspace() const { return {directory_.path() / "home"}; }
  // Prepared on first use: 40 short documents, the tokenizer of the challenge.
  DataManifest data() const;
  Submission submission() const { return load_submission(source_directory() / "submissions/pr-334"); }
  Pinned pinned() const;
  RunOptions options(SandboxMode sandbox = SandboxMode::automatic) const;
  // Waits until a file exists; fails the test after 20 s.
  static void wait_for(const std::filesystem::path& file);

  TempDirectory directory_;
};

}  // namespace pgolf
