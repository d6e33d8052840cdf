// The shipped submissions, judged by what they publish.
#pragma once

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <stdexcept>

#include "harness/judging/find_ruleset.h"
#include "judge/judge_claims.h"

namespace pgolf {

class JudgeClaimsTest : public ::testing::Test {
 protected:
  static Submission submission(int pr) {
    return load_submission(std::filesystem::path(PGOLF_SOURCE_DIR) / "submissions" / ("pr-" + std::to_string(pr)));
  }
  static Ruleset rules() { return load_ruleset(PGOLF_SOURCE_DIR "/rules/pg-2026-05-02.3.toml"); }
  static Verdict verdict(const std::vector<Verdict>& all, const std::string& rule, Reading reading,
                         const std::string& subject) {
    for (const auto& v : all)
      if (v.rule == rule && v.reading == reading && v.subject == subject) return v;
    throw std::logic_error("no verdict " + rule + " on " + subject);
  }
};

}  // namespace pgolf
