// Runs of a hostile engine (tests/harness/attacks.cc) and what is recorded and judged of them.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/notice.h"
#include "base/progress.h"
#include "harness/judging/find_ruleset.h"
#include "harness/judging/judging.h"
#include "judge/ruleset.h"
#include "tests/harness/fixture.h"

namespace pgolf {

class AttackTest : public HarnessFixture {
 protected:
  AttackTest() : store_(Store::open(workspace().database())) {
    set_quiet(true);
    set_progress_mode(ProgressMode::off);
  }

  RunEnd run(const std::string& behaviour, SandboxMode sandbox, std::map<std::string, double> limits_s = {}) {
    RunOptions given = options(sandbox);
    given.limits_s = std::move(limits_s);
    return run(behaviour, given);
  }
  RunEnd run(const std::string& behaviour, const RunOptions& given) {
    const EngineBehaviour engine(behaviour);
    Runner runner(store_, workspace(), given);
    return runner.run(submission(), pinned(), data());
  }
  // What the attack printed: every attempt must have been refused. Returns the run.
  std::string expect_refused(const std::string& attack, const std::string& argument,
                             const std::string& phase = "train") {
    const RunEnd end = run(phase + "=" + attack + ":" + argument, SandboxMode::required);
    if (end.failed) ADD_FAILURE() << end.failed->message;
    const std::string out = text(end.run, phase + ".stdout");
    EXPECT_THAT(out, testing::HasSubstr(": refused\n")) << attack;
    EXPECT_THAT(out, testing::Not(testing::HasSubstr(": done\n"))) << attack;
    return end.run;
  }
  std::string text(const std::string& run, const std::string& file) const {
    return read_text(workspace().run(run).root() / file);
  }
  PhaseRow phase(const std::string& run, size_t index) const { return store_.load_run(run).phases.at(index); }
  std::vector<Verdict> verdicts(const std::string& run) const {
    const Ruleset rules = load_ruleset(find_ruleset(source_dir() / "rules", ""));
    return judge_run(store_, workspace(), run, rules, "");
  }
  Verdict whole_verdict(const std::string& run, const std::string& rule, Reading reading) const {
    for (const Verdict& v : verdicts(run))
      if (v.rule == rule && v.reading == reading) return v;
    ADD_FAILURE() << "no verdict on " << rule;
    return {};
  }
  Status verdict(const std::string& run, const std::string& rule, Reading reading) const {
    return whole_verdict(run, rule, reading).status;
  }

  Store store_;
};

class SandboxAttackTest : public AttackTest {
 protected:
  void SetUp() override {
    if (!sandbox_works()) GTEST_SKIP() << "no sandbox works here";
  }
};

}  // namespace pgolf
