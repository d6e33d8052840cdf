// Whole runs with an engine that misbehaves.
#pragma once

#include <string>
#include <vector>

#include "base/file.h"
#include "base/notice.h"
#include "base/progress.h"
#include "harness/run/run.h"
#include "tests/harness/fixture.h"

namespace pgolf {

class RunTest : public HarnessFixture {
 protected:
  RunTest() : store_(Store::open(workspace().database())) {
    set_quiet(true);
    set_progress_mode(ProgressMode::off);
  }

  RunEnd run(const std::string& behaviour, SandboxMode sandbox = SandboxMode::automatic, RunOptions* given = nullptr) {
    const EngineBehaviour engine(behaviour);
    Runner runner(store_, workspace(), given ? *given : options(sandbox));
    return runner.run(submission(), pinned(), data());
  }
  std::string text(const std::string& run, const std::string& file) const {
    return read_text(workspace().run(run).root() / file);
  }
  static std::vector<RunState> states(const RunRecord& record) {
    std::vector<RunState> out;
    for (const Transition& t : record.transitions) out.push_back(t.state);
    return out;
  }
  Store store_;
};

}  // namespace pgolf
