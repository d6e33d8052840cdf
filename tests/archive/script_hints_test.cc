#include "archive/script_hints.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace pgolf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> seen(std::string_view script) {
  std::vector<std::string> out;
  for (const PrintedValue& v : script_hints(script)) out.push_back(fmt::format("{}: {}", v.line, v.label));
  return out;
}

TEST(ScriptHints, TheTargetInTheKey) {
  EXPECT_THAT(seen("x = 1\nfull_key = ((ctx_hash ^ (tgt * primes[k])) & mask)\n"),
              ElementsAre("2: the target is part of the key that finds its score"));
  EXPECT_THAT(seen("ctx_key = (ctx_hash ^ (prev * primes[k])) & mask\ntarget_dim = a ^ b\n"), IsEmpty());
}

TEST(ScriptHints, TheLeastLossOfExperts) {
  EXPECT_THAT(seen("best = torch.minimum(nll_a, nll_b)\n"),
              ElementsAre("1: the least loss of several is taken, which needs the target"));
  EXPECT_THAT(seen("x = torch.minimum(lr, cap)  # nll, nll\n"), IsEmpty());
}

// Whether a step stands before the first score of the function, not whether the function has one.
TEST(ScriptHints, StepsBeforeTheScore) {
  constexpr std::string_view kLegal =
      "def eval_ttt(model, val_tokens):\n    with torch.no_grad():\n        score()\n    opt.step()\n";
  constexpr std::string_view kIllegal =
      "def eval_ttt(model, val_tokens):\n    opt.step()\n    with torch.no_grad():\n        score()\n";
  EXPECT_THAT(seen(kLegal), IsEmpty());
  EXPECT_THAT(seen(kIllegal), ElementsAre("2: validation tokens reach an optimizer before a score"));
  EXPECT_THAT(seen("def train(model):\n    opt.step()\n\ndef ttt_names(val_tokens):\n    pass\nopt.step()\n"),
              IsEmpty());
}

TEST(ScriptHints, CalibrationAndItsTime) {
  EXPECT_THAT(seen("h = collect_hessians(model, train_loader)\n"),
              ElementsAre("1: calibration on training data, with no time reserved for it"));
  EXPECT_THAT(seen("cap -= gptq_reserve_seconds\nh = collect_hessians(model, train_loader)\n"), IsEmpty());
  EXPECT_THAT(seen("h = calibrate_awq(model, val_tokens)\n"), ElementsAre("1: calibration reads validation tokens"));
}

TEST(ScriptHints, NetworkAndFiles) {
  EXPECT_THAT(seen("import requests\n"), ElementsAre("1: a network is reached"));
  EXPECT_THAT(seen("def eval_val(m, val_tokens):\n    torch.save(m, 'x')\n"),
              ElementsAre("2: a file is written while validation tokens are read"));
}

TEST(ScriptHints, AreBounded) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "import requests\n";
  EXPECT_EQ(script_hints(many).size(), 3u);
  EXPECT_THAT(seen(std::string(1'000'000, '^') + "\n"), IsEmpty());
}

}  // namespace
}  // namespace pgolf
