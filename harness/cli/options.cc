#include "harness/cli/options.h"

#include <charconv>

namespace pgolf {

CLI::Validator whole_number() {
  return CLI::Validator(
      [](const std::string& text) {
        int64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        return error == std::errc() && end == text.data() + text.size() ? "" : "not a whole number of 64 bits: " + text;
      },
      "INT");
}

CLI::Validator device_name() {
  return CLI::Validator(
      [](const std::string& text) {
        const bool gpu = text.starts_with("cuda:") && text.size() > 5 && text.size() < 9 &&
                         text.find_first_not_of("0123456789", 5) == std::string::npos;
        return text == "auto" || text == "cpu" || gpu ? "" : "expected auto, cpu or cuda:N, got " + text;
      },
      "DEVICE");
}

void add_resolve_options(CLI::App* verb, std::string& submission, ResolveRequest& request) {
  verb->add_option("submission", submission, "334, pr-334, #334, a pull request's URL, or a directory")->required();
  verb->add_option("--profile", request.profile, "record: as it ran; others are named in submission.toml")
      ->capture_default_str();
  verb->add_option("--seed", request.seed, "default: the submission's first")->check(whole_number());
  verb->add_option("--steps", request.steps, "train this many steps, whatever time they take")->check(whole_number());
  verb->add_option("--seconds", request.seconds, "train this long by the training clock");
  verb->add_option("--set", request.sets, "KEY=VALUE of the configuration; may be repeated")
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

void add_clock_option(CLI::App* verb, ResolveRequest& request) {
  verb->add_option_function<std::string>(
          "--clock", [&request](const std::string& clock) { request.published_clock = clock == "published"; },
          "machine: as fast as this one is; published: the times, rates and switches of the seed's own log")
      ->check(CLI::IsMember({"machine", "published"}))
      ->type_name("CLOCK");
}

Reading reading_from(const std::string& name) { return name == "practice" ? Reading::practice : Reading::strict; }

void add_rule_options(CLI::App* verb, std::string& rules, std::string& as_of, std::string& reading) {
  verb->add_option("--rules,--ruleset", rules, "a ruleset's id or file; default: the latest");
  verb->add_option("--as-of", as_of, "a date, like 2026-04-28: only rules in force then");
  verb->add_option("--reading", reading, "which reading decides the exit code")
      ->check(CLI::IsMember({"strict", "practice"}))
      ->capture_default_str();
}

}  // namespace pgolf
