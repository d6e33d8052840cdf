#include "db/run_clock.h"

#include <fmt/format.h>

#include <charconv>

namespace pgolf {
namespace {

constexpr char kPublished[] = "published";

std::string fact(const std::map<std::string, std::string>& environment, const char* name) {
  const auto it = environment.find(name);
  return it == environment.end() ? "" : it->second;
}

int64_t whole(const std::string& text) {
  int64_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

}  // namespace

void add_clock_facts(std::map<std::string, std::string>& environment, const RunClock& clock) {
  environment["clock"] = kPublished;
  environment["clock_log"] = clock.log;
  environment["clock_log_sha256"] = clock.log_sha256;
  environment["clock_seed"] = std::to_string(clock.seed);
  environment["clock_steps"] = std::to_string(clock.steps);
  environment["clock_run_steps"] = std::to_string(clock.run_steps);
}

std::optional<RunClock> published_clock(const std::map<std::string, std::string>& environment) {
  if (fact(environment, "clock") != kPublished) return std::nullopt;
  return RunClock{fact(environment, "clock_log"), fact(environment, "clock_log_sha256"),
                  whole(fact(environment, "clock_seed")), whole(fact(environment, "clock_steps")),
                  whole(fact(environment, "clock_run_steps"))};
}

std::string clock_text(const RunRecord& record) {
  const auto clock = published_clock(record.environment);
  if (!clock) return "";
  std::string out = fmt::format("{}on the published clock: {}, seed {}, {} steps",
                                record.pinned.as_run ? "as run, " : "", clock->log, clock->seed, clock->steps);
  if (clock->run_steps != clock->steps) out += fmt::format(" resampled to {}", clock->run_steps);
  return out;
}

}  // namespace pgolf
