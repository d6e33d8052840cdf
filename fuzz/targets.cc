#include "fuzz/targets.h"

#include <algorithm>
#include <array>

namespace pgolf::fuzz {
namespace {

constexpr std::array<Target, 17> kTargets{{{"submission", submission},
                                           {"ruleset", ruleset},
                                           {"training_log", training_log},
                                           {"published_log", published_log},
                                           {"shard", shard},
                                           {"upstream", upstream},
                                           {"artifact", artifact},
                                           {"safetensors", safetensors},
                                           {"ledger", ledger},
                                           {"events", events},
                                           {"pinned", pinned},
                                           {"bundle", bundle},
                                           {"card", card},
                                           {"loglines", loglines},
                                           {"wrapper", wrapper},
                                           {"names", names},
                                           {"weights", weights}}};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  const auto found = std::find_if(kTargets.begin(), kTargets.end(), [&](const Target& t) { return t.name == name; });
  return found == kTargets.end() ? nullptr : &*found;
}

}  // namespace pgolf::fuzz
