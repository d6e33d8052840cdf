// Runs the demo of each submission with many seeds and demands that no honest run is flagged: docs/faults.md.
//
//   honest_controls --seeds 40 --first 1 [--submissions 334,754,...] [--steps 2] [--home DIR]
//
// What a demo cannot have (hardware of the rule, the challenge's text) and what a submission itself does against a rule
// (pr-334 learns from text before it scores it) is listed below; any other verdict that is no pass is told and counted.
#include <CLI/CLI.hpp>

#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/store.h"
#include "harness/run/process.h"
#include "harness/run/workspace.h"

namespace pgolf::campaign {
namespace fs = std::filesystem;
namespace {

struct Options {
  int seeds = 2, first = 1, steps = 2;
  std::vector<std::string> submissions = {"334", "754", "849", "2143", "2097"};
  fs::path home;
};

// Verdicts that are no pass and are right: rule, of which submission ("" of all), status.
struct Expected {
  const char *rule, *submission, *status;
};
constexpr std::array kExpected = {
    Expected{"hardware", "", "unknown"},
    Expected{"validation_set", "", "unknown"},
};

bool is_expected(const std::string& submission, const VerdictRow& v) {
  for (const Expected& e : kExpected)
    if (v.rule == e.rule && v.status == e.status && (e.submission == std::string() || submission == e.submission))
      return true;
  return false;
}

// The exit code of `pgolf` with these arguments, its output thrown away.
int pgolf(const std::vector<std::string>& arguments) {
  std::string command = PGOLF_BINARY_DIR "/pgolf";
  for (const std::string& argument : arguments) command += " '" + argument + "'";
  const int status = std::system((command + " >/dev/null").c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

class Controls {
 public:
  explicit Controls(const Options& options) : o_(options), workspace_{options.home} {}

  int run() {
    for (int seed = o_.first; seed < o_.first + o_.seeds; ++seed)
      for (const std::string& submission : o_.submissions) look_at(submission, seed);
    fmt::print("{} runs of {} submissions, seeds {} to {}: {} flagged\n", runs_, o_.submissions.size(), o_.first,
               o_.first + o_.seeds - 1, flagged_);
    for (const auto& [what, count] : seen_) fmt::print("  {} times {}\n", count, what);
    return flagged_ == 0 && runs_ > 0 ? 0 : 1;
  }

 private:
  void look_at(const std::string& submission, int seed) {
    const int code = pgolf({"--quiet", "--home", o_.home.string(), "reproduce", submission, "--profile", "demo",
                            "--steps", std::to_string(o_.steps), "--seed", std::to_string(seed), "--threads", "1"});
    ++runs_;
    const auto store = Store::look(workspace_.database(), [](const std::string&) { return false; });
    const RunRecord record = store->load_run(store->find_run("last"));
    std::set<std::string> odd;
    if (record.run.state != RunState::done || !record.judgement)
      odd.insert(fmt::format("exit code {}, {}", code, record.run.failure.message));
    else
      for (const VerdictRow& v : record.judgement->verdicts) {
        if (v.status == "pass") continue;
        ++seen_[fmt::format("{} ({}) {}", v.rule, v.reading, v.status)];
        if (!is_expected(submission, v)) odd.insert(fmt::format("{} ({}) {}", v.rule, v.reading, v.status));
      }
    if (odd.empty()) return;
    ++flagged_;
    fmt::print("{} seed {}: {}\n", submission, seed, fmt::join(odd, ", "));
    std::fflush(stdout);
  }

  Options o_;
  Workspace workspace_;
  int runs_ = 0, flagged_ = 0;
  std::map<std::string, int> seen_;
};

}  // namespace
}  // namespace pgolf::campaign

int main(int argc, char** argv) {
  using namespace pgolf;
  campaign::Options options;
  CLI::App app("runs honest demos and demands that none is flagged");
  app.add_option("--seeds", options.seeds, "runs of each submission")->check(CLI::PositiveNumber);
  app.add_option("--first", options.first, "the first seed");
  app.add_option("--steps", options.steps, "of each training")->check(CLI::PositiveNumber);
  app.add_option("--submissions", options.submissions, "which, separated by commas")->delimiter(',');
  app.add_option("--home", options.home, "workspace; default: a temporary directory");
  CLI11_PARSE(app, argc, argv);
  const bool own = options.home.empty();
  if (own) options.home = std::filesystem::temp_directory_path() / fmt::format("pgolf-honest-{}", ::getpid());
  int code = 1;
  try {
    code = campaign::Controls(options).run();
  } catch (const Error& e) {
    fmt::print(stderr, "honest_controls: {}\n", e.what());
  }
  if (own) std::filesystem::remove_all(options.home);
  return code;
}
