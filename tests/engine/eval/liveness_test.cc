// Each technique of evaluation reaches the score.
#include <gtest/gtest.h>

#include "engine/config/techniques.h"
#include "engine/eval/ttt_before_scoring.h"
#include "engine/eval/ttt_chunked.h"
#include "engine/eval/ttt_phased_lora.h"
#include "tests/engine/eval/tiny.h"

namespace pgolf {
namespace {

double val_loss(const Config& config) {
  const auto fixture = tiny_fixture(config);
  EvalRun& run = fixture->run();
  const TttKind kind = config.ttt.enabled ? config.ttt.kind : TttKind::none;
  if (kind == TttKind::chunked) return ttt_chunked(run, headline_info()).score().val_loss;
  if (kind == TttKind::phased_lora) return ttt_phased_lora(run, headline_info()).score().val_loss;
  if (kind == TttKind::before_scoring) ttt_before_scoring(run);
  return (config.eval.sliding ? score_sliding(run, headline_info()) : score_plain(run, headline_info()))
      .score()
      .val_loss;
}

class EvalLiveness : public testing::TestWithParam<const char*> {};

TEST_P(EvalLiveness, SwitchingATechniqueOffChangesTheScore) {
  Config config = tiny_config(GetParam(), 2);
  // Long enough for adapters to matter; PR 754's and 2143's sliding pass is another pass than the headline's.
  config.ttt.lr = std::max(config.ttt.lr, 0.01);
  config.ttt.lora_lr = 0.01;
  const double with = val_loss(config);
  int tested = 0;
  for (const Technique& technique : techniques()) {
    const bool of_another_pass = technique.key == "eval.sliding" && config.ttt.kind != TttKind::before_scoring;
    if (technique.kind != TechniqueKind::evaluation || of_another_pass || !uses(config, technique)) continue;
    Config without = config;
    switch_off(without, technique);
    EXPECT_NE(val_loss(without), with) << technique.name << " of PR " << GetParam();
    ++tested;
  }
  EXPECT_GE(tested, 1);
}

INSTANTIATE_TEST_SUITE_P(Submissions, EvalLiveness, testing::Values("334", "754", "849", "2143", "2097"),
                         [](const auto& info) { return std::string("Pr") + info.param; });

}  // namespace
}  // namespace pgolf
