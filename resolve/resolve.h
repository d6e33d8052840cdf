// From a submission's directory to the pinned configuration: defaults, then the submission, then the profile, then the
// command line. Later ones win; every field remembers where its value was set.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/config/pinned.h"
#include "resolve/submission.h"

namespace pgolf {

struct ResolveRequest {
  std::string profile = kRecordProfile;
  std::optional<int64_t> seed{};
  std::optional<int64_t> steps{};   // train.iterations, and no wall-clock limit unless the clock is a published one
  std::optional<double> seconds{};  // train.max_wallclock_seconds, and no reserve
  std::vector<std::string> sets{};  // "key=value", the value as TOML writes it; quotes may be left out
  std::optional<PinnedData> data{};
  bool published_clock = false;  // what follows the clock stays the submission's own, whatever the profile
};

struct Resolved {
  Pinned pinned;
  std::map<std::string, std::string, std::less<>> origins;  // by key; fields at their default are not in it
};

// Errors: usage (unknown key, wrong type, impossible size: with file, line and key, or the option); not_found for a
// profile.
Resolved resolve(const Submission& submission, const ResolveRequest& request);

// "model.smear=none" as the pinned configuration's overrides spell it: `model.smear="none"`. Errors: usage.
std::string canonical_set(const std::string& set);
// "pr-334@demo+ttt.enabled=false": a submission, its profile, its overrides; as people spell them, without quotes.
std::string kind_name(const std::string& submission, const std::string& profile,
                      const std::vector<std::string>& overrides);

// Every field with its value as TOML, and where a value other than the default came from.
std::string resolved_text(const Submission& submission, const Resolved& resolved);

}  // namespace pgolf
