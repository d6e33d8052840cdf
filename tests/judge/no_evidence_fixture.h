// A run that left nothing; each test adds the one thing that a rule asks for.
#pragma once

#include <gmock/gmock.h>

#include <stdexcept>

#include "harness/judging/find_ruleset.h"
#include "judge/judge.h"

namespace pgolf {

class NoEvidenceTest : public ::testing::Test {
 protected:
  Verdict verdict(const std::string& rule, Reading reading) const {
    for (const Verdict& v : judge(evidence_, ruleset_))
      if (v.rule == rule && v.reading == reading) return v;
    throw std::logic_error("no verdict " + rule);
  }
  void ran(const std::string& phase, const std::string& engine) {
    PhaseEvidence evidence;
    evidence.facts.name = phase, evidence.facts.engine_sha256 = engine;
    evidence_.phases.push_back(evidence);
  }

  Ruleset ruleset_ = load_ruleset(find_ruleset(PGOLF_SOURCE_DIR "/rules", ""));
  RunEvidence evidence_;
};

}  // namespace pgolf
