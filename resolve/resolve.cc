#include "resolve/resolve.h"

#include <fmt/ranges.h>

#include "base/error.h"
#include "engine/config/fields.h"
#include "engine/config/param_table.h"
#include "resolve/toml.h"

namespace pgolf {
namespace {

// The value of `--set key=value`: TOML if it is TOML, else a bare word, so that names of choices need no quotes.
Json parse_set_value(const std::string& text, const std::string& origin) {
  try {
    const toml::table table = toml::parse("value = " + text);
    if (table.size() == 1 && table.contains("value")) return toml_to_json(*table.get("value"), origin);
  } catch (const toml::parse_error&) {
  }
  return text;
}

Setting parse_set(const std::string& set) {
  const auto equals = set.find('=');
  if (equals == std::string::npos || equals == 0)
    fail(ErrorKind::usage, "--set {}: expected key=value, like --set ttt.enabled=false", set);
  const std::string key = set.substr(0, equals);
  if (key == "seed") fail(ErrorKind::usage, "--set seed: the seed has an option of its own, --seed N");
  return {key, parse_set_value(set.substr(equals + 1), "--set"), "--set"};
}

std::vector<Setting> command_line_settings(const ResolveRequest& request) {
  std::vector<Setting> out;
  if (request.steps) {
    if (request.seconds) fail(ErrorKind::usage, "--steps and --seconds exclude each other");
    out.push_back({"train.iterations", *request.steps, "--steps"});
  }
  if (request.steps && !request.published_clock) {
    out.push_back({"train.max_wallclock_seconds", 0.0, "--steps"});
    out.push_back({"train.clock_reserve_seconds", 0.0, "--steps"});
  }
  if (request.seconds) {
    if (request.published_clock)
      fail(ErrorKind::usage, "--seconds: the published clock has its own time; --steps shortens it");
    if (!(*request.seconds > 0)) fail(ErrorKind::usage, "--seconds: must be positive, is {}", *request.seconds);
    out.push_back({"train.max_wallclock_seconds", *request.seconds, "--seconds"});
    out.push_back({"train.clock_reserve_seconds", 0.0, "--seconds"});
  }
  for (const std::string& set : request.sets) out.push_back(parse_set(set));
  return out;
}

// "model.num_layers" of a configuration as JSON.
const Json& member(const Json& config, const std::string& key) {
  const auto dot = key.find('.');
  return config.at(key.substr(0, dot)).at(key.substr(dot + 1));
}

// The fields by which a clock decides, as the submission has them: a profile that scales the model down counts steps.
std::vector<Setting> clock_settings(const Config& own) {
  const Json config = config_to_json(own);
  std::vector<Setting> out;
  const auto add = [&](const std::string& key) { out.push_back({key, member(config, key), "--clock published"}); };
  for (const auto& [name, value] : config.at("schedule").items()) add("schedule." + name);
  for (const char* key : {"train.max_wallclock_seconds", "train.clock_reserve_seconds", "muon.momentum_warmup_steps"})
    add(key);
  return out;
}

class Resolver {
 public:
  void apply(const std::vector<Setting>& settings) {
    for (const Setting& s : settings) {
      set_config_field(config, s.key, s.value, s.origin);
      origins[s.key] = s.origin;
    }
  }

  Config config;
  std::map<std::string, std::string, std::less<>> origins;
};

}  // namespace

Resolved resolve(const Submission& submission, const ResolveRequest& request) {
  Resolver resolver;
  resolver.apply(submission.config);
  const Config own = resolver.config;
  if (request.profile != kRecordProfile) {
    const Profile* profile = submission.profile(request.profile);
    if (!profile) {
      std::vector<std::string> names = {kRecordProfile};
      for (const Profile& p : submission.profiles) names.push_back(p.name);
      fail(ErrorKind::not_found, "{}: no profile '{}'; there are: {}", submission.file, request.profile,
           fmt::join(names, ", "));
    }
    resolver.apply(profile->settings);
  }
  const Json before = config_to_json(resolver.config);
  if (request.published_clock && request.profile != kRecordProfile) resolver.apply(clock_settings(own));
  const std::vector<Setting> settings = command_line_settings(request);
  resolver.apply(settings);
  validate_config(resolver.config, [&](std::string_view key) {
    const auto it = resolver.origins.find(key);
    return it != resolver.origins.end() ? it->second : submission.file + " (default)";
  });
  if (resolver.config.eval.probes < 1)
    fail(ErrorKind::usage, "eval.probes: a run without probes proves neither normalisation nor causality; at least 1");
  if (request.seed && *request.seed < 0) fail(ErrorKind::usage, "--seed: must not be negative, is {}", *request.seed);

  Resolved out;
  Pinned& pinned = out.pinned;
  pinned.submission = submission.id;
  pinned.pr = submission.pr;
  pinned.upstream_commit = submission.upstream.commit;
  pinned.code_bytes = submission.code.bytes;
  pinned.profile = request.profile;
  pinned.seed = request.seed.value_or(submission.seeds.front());
  pinned.config = resolver.config;
  pinned.num_params = num_params(pinned.config.model);
  pinned.data = request.data;
  const Json after = config_to_json(resolver.config);
  for (const auto& [section, members] : after.items())
    for (const auto& [name, value] : members.items()) {
      const std::string key = section + "." + name;
      if (value != member(before, key)) pinned.overrides.push_back(fmt::format("{}={}", key, value.dump()));
    }
  out.origins = std::move(resolver.origins);
  return out;
}

std::string canonical_set(const std::string& set) {
  const Setting setting = parse_set(set);
  Config scratch;
  set_config_field(scratch, setting.key, setting.value, "'" + set + "'");
  return fmt::format("{}={}", setting.key, member(config_to_json(scratch), setting.key).dump());
}

std::string kind_name(const std::string& submission, const std::string& profile,
                      const std::vector<std::string>& overrides) {
  std::string out = submission + "@" + profile;
  for (std::string set : overrides) {
    std::erase(set, '"');
    out += "+" + set;
  }
  return out;
}

std::string resolved_text(const Submission& submission, const Resolved& resolved) {
  const Pinned& p = resolved.pinned;
  const Profile* profile = submission.profile(p.profile);
  std::string out = fmt::format("# {}: {}\n", p.submission, submission.title);
  if (!submission.extends.empty()) out += fmt::format("# extends {}: what is set there says so\n", submission.extends);
  out += fmt::format("# profile {}: {}\n", p.profile,
                     profile             ? profile->summary + " (a scaling, not the submission)"
                     : submission.pr > 0 ? "the submission as it ran"
                                         : "the submission itself");
  out += fmt::format("# as run on {}{}\n", extent_text(submission.upstream_data),
                     submission.upstream_data.dataset.empty() ? "" : " of " + submission.upstream_data.dataset);
  if (!p.overrides.empty())
    out += fmt::format("# a variant of the profile, by the command line: {}\n", fmt::join(p.overrides, " "));
  out += fmt::format("seed = {}\nnum_params = {}\nsha256 = \"{}\"\n", p.seed, p.num_params, pinned_sha256(p));
  if (p.data) out += fmt::format("data = \"{} {}\"\n", p.data->name, p.data->manifest_sha256);
  const Json config = config_to_json(p.config);
  for (const auto& [section, members] : config.items()) {
    out += fmt::format("\n[{}]\n", section);
    for (const auto& [name, value] : members.items()) {
      const std::string line = fmt::format("{} = {}", name, value.dump());
      const auto origin = resolved.origins.find(section + "." + name);
      out += origin == resolved.origins.end() ? line : fmt::format("{:<40} # {}", line, origin->second);
      out += '\n';
    }
  }
  return out;
}

}  // namespace pgolf
