// A workspace of its own, the submissions of the checkout, a small prepared data set and a fake engine.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "db/store.h"
#include "engine/data/manifest.h"
#include "harness/run/run.h"
#include "resolve/resolve.h"
#include "resolve/submission.h"
#include "tests/support/error_of.h"
#include "tests/support/source_dir.h"
#include "tests/support/temp_directory.h"

namespace pgolf {

inline std::filesystem::path fake_engine() { return std::filesystem::path(PGOLF_BINARY_DIR) / "fake_engine"; }
inline std::filesystem::path pgolf_program() { return std::filesystem::path(PGOLF_BINARY_DIR) / "pgolf"; }

// Whether bubblewrap works here. Where it does not, every test that does not ask for it runs with --sandbox off: the
// fake engine is nobody's own.
bool sandbox_works();

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

// `count` documents as JSON lines, of `least` phrases and up to `spread` - 1 more.
std::string bridge_documents(int count, int least, int spread);

class HarnessFixture : public testing::Test {
 protected:
  HarnessFixture();

  Workspace workspace() const { return {directory_.path() / "home"}; }
  // Prepared on first use: 40 short documents, the tokenizer of the challenge.
  DataManifest data() const;
  Submission submission() const { return load_submission(source_dir() / "submissions/pr-334"); }
  Pinned pinned() const;
  RunOptions options(SandboxMode sandbox = SandboxMode::automatic) const;
  // Waits until a file exists; fails the test after 20 s.
  static void wait_for(const std::filesystem::path& file);

  TempDirectory directory_;
};

}  // namespace pgolf
