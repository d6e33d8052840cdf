// Optimizer settings that cannot work are refused in one line that names the key.
#include <gmock/gmock.h>

#include <functional>

#include "base/error.h"
#include "engine/config/fields.h"
#include "tests/support/golden_config.h"

namespace pgolf {
namespace {

std::string refusal(const std::function<void(Config&)>& change) {
  Config config = submission_config("2097");
  change(config);
  try {
    validate_config(config, [](std::string_view) { return std::string("here"); });
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::usage);
    return e.what();
  }
  return "";
}

TEST(ValidateOptim, NamesTheKey) {
  EXPECT_EQ(refusal([](Config&) {}), "");
  const std::pair<const char*, std::function<void(Config&)>> cases[] = {
      {"adam.beta1", [](Config& c) { c.adam.beta1 = 1; }},
      {"adam.beta2", [](Config& c) { c.adam.beta2 = -0.1; }},
      {"adam.eps", [](Config& c) { c.adam.eps = 0; }},
      {"muon.momentum", [](Config& c) { c.muon.momentum = 1.5; }},
      {"muon.momentum_start", [](Config& c) { c.muon.momentum_start = -1; }},
      {"muon.ns_steps", [](Config& c) { c.muon.ns_steps = 6; }},  // polar_express has five
      {"clip.max_norm", [](Config& c) { c.clip.max_norm = -0.3; }},
      {"average.ema_decay", [](Config& c) { c.average.ema_decay = 1; }},
      {"qat.scope", [](Config& c) { c.qat.scope = QatScope::all_linears, c.model.param_banks = true; }},
      {"qat.crown_q_lambda", [](Config& c) { c.qat.crown_q_lambda = 0.01, c.model.param_banks = true; }},
      {"qat.crown_q_lambda", [](Config& c) { c.qat.crown_q_lambda = -1; }},
      {"qat.clip", [](Config& c) { c.qat.clip = 0; }},
      {"qat.quantile", [](Config& c) { c.qat.quantile = 1.5; }},
      {"average.swa_every", [](Config& c) { c.average.swa_every = 0; }},
      {"average.swa", [](Config& c) { c.average = {.ema_decay = 0, .swa = SwaKind::ema_every}; }},
      {"schedule.warmdown_frac", [](Config& c) { c.schedule.warmdown_frac = 1.1; }},
      {"schedule.min_lr", [](Config& c) { c.schedule.min_lr = 2; }},
  };
  for (const auto& [key, change] : cases)
    EXPECT_THAT(refusal(change), testing::StartsWith(std::string("here: ") + key + ": ")) << key;
}

}  // namespace
}  // namespace pgolf
