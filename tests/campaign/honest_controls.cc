// Runs the demo of each submission with many seeds and demands that no honest run is flagged: docs/faults.md.
//
//   honest_controls --seeds 40 --first 1 [--submissions 334,754,...] [--steps 2] [--home DIR] [--docs FILE]
//
// What a demo cannot have (hardware of the rule, the challenge's text), what a machine cannot (a sandbox) and what a
// submission itself does against a rule (pr-334 learns from text before it scores it) is listed below; any other
// verdict that is no pass is told and counted. The text is the demo's, of which sixteen documents are scored.
#include <CLI/CLI.hpp>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "db/store.h"
#include "harness/run/demo_corpus.h"
#include "harness/run/workspace.h"
#include "tests/campaign/programs.h"

namespace pgolf::campaign {
namespace fs = std::filesystem;
namespace {

struct Options {
  int seeds = 2, first = 1, steps = 2;
  std::vector<std::string> submissions = {"334", "754", "849", "2143", "2097"};
  fs::path home, programs = own_directory(), docs;
};

// Verdicts that are no pass and are right: rule, of which submission ("" of all), status.
struct Expected {
  const char *rule, *submission, *status;
};
constexpr std::array kExpected = {
    Expected{"hardware", "", "unknown"},
    Expected{"audited", "", "unknown"},   // nobody audited them
    Expected{"twin_gap", "", "unknown"},  // their data have no twin
    Expected{"validation_set", "", "unknown"},
    Expected{"training_extent", "", "unknown"},  // another number of shards, or nobody knows how many there were
    Expected{"training_extent", "", "warn"},
    Expected{"training_extent", "", "fail"},
    Expected{"artifact_size", "", "unknown"},  // the code as the submission counted it
    Expected{"artifact_size", "", "warn"},
    Expected{"score_before_update", "334", "fail"},  // three epochs over the text before it is scored
    Expected{"scored_once", "754", "fail"},          // the last windows are scored again and again
    Expected{"scored_once", "754", "warn"},
    Expected{"byte_count", "754", "warn"},
    Expected{"scored_once", "849", "fail"},  // the same, and by a mixer that has learned them
    Expected{"scored_once", "849", "warn"},
    Expected{"byte_count", "849", "warn"},
    Expected{"score_before_update", "849", "fail"},
    Expected{"score_before_update", "849", "warn"},
    Expected{"normalised", "849", "fail"},  // n-grams keyed by their target
};

// Of a machine on which bubblewrap does not work: nobody watched.
constexpr std::array kUnwatched = {"training_without_validation", "evaluation_without_training", "kept_to_sandbox"};

bool is_expected_here(const RunRecord& record, const VerdictRow& v) {
  if (v.status != "unknown") return false;
  if (v.rule == "engine_identity") return std::getenv("LD_LIBRARY_PATH") != nullptr;  // programs brought from elsewhere
  const bool unwatched = std::find(kUnwatched.begin(), kUnwatched.end(), v.rule) != kUnwatched.end();
  return unwatched && std::all_of(record.phases.begin(), record.phases.end(),
                                  [](const PhaseRow& phase) { return phase.sandbox == "none"; });
}

bool is_expected(const std::string& submission, const VerdictRow& v) {
  for (const Expected& e : kExpected)
    if (v.rule == e.rule && v.status == e.status && (e.submission == std::string() || submission == e.submission))
      return true;
  return false;
}

class Controls {
 public:
  explicit Controls(const Options& options) : o_(options), workspace_{options.home} {}

  int run() {
    if (o_.docs.empty()) o_.docs = workspace_.home / "data/demo.jsonl";
    if (o_.docs.has_parent_path()) fs::create_directories(o_.docs.parent_path());
    if (!fs::exists(o_.docs)) write_demo_corpus(o_.docs);
    if (o_.seeds == 0) return 0;
    prepare();
    for (int seed = o_.first; seed < o_.first + o_.seeds; ++seed)
      for (const std::string& submission : o_.submissions) look_at(submission, seed);
    fmt::print("{} runs of {} submissions, seeds {} to {}: {} flagged\n", runs_, o_.submissions.size(), o_.first,
               o_.first + o_.seeds - 1, flagged_);
    for (const auto& [what, count] : seen_) fmt::print("  {} times {}\n", count, what);
    return flagged_ == 0 && runs_ > 0 ? 0 : 1;
  }

 private:
  // The exit code of `pgolf` with these arguments, its output thrown away.
  int pgolf(const std::vector<std::string>& arguments) const {
    std::string command;
    for (const std::string& argument : pgolf_command(o_.programs, workspace_.home)) command += "'" + argument + "' ";
    for (const std::string& argument : arguments) command += " '" + argument + "'";
    const int status = std::system((command + " >/dev/null").c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }

  fs::path data(bool caseops) const { return workspace_.data(caseops ? "honest-caseops" : "honest"); }

  void prepare() const {
    for (const bool caseops : {false, true}) {
      if (fs::exists(data(caseops))) continue;
      std::vector<std::string> arguments = {
          "data", "prepare",        "--docs", o_.docs.string(), "--train-tokenizer",   "1024", "--val-docs",
          "16",   "--shard-tokens", "150000", "--out",          data(caseops).string()};
      if (caseops) arguments.emplace_back("--caseops");
      if (pgolf(arguments) != 0) fail(ErrorKind::machine, "the data could not be prepared");
    }
  }

  void look_at(const std::string& submission, int seed) {
    const bool caseops = submission == "2143" || submission == "2097";
    const int code = pgolf({"reproduce", submission, "--profile", "demo", "--steps", std::to_string(o_.steps), "--seed",
                            std::to_string(seed), "--threads", "1", "--data", data(caseops).string()});
    ++runs_;
    const auto store = Store::look(workspace_.database(), [](const std::string&) { return false; });
    if (!store || store->find_run("last") == latest_)
      fail(ErrorKind::machine, "{} seed {} was refused, exit code {}", submission, seed, code);
    latest_ = store->find_run("last");
    const RunRecord record = store->load_run(latest_);
    std::set<std::string> odd;
    if (record.run.state != RunState::done || !record.judgement)
      odd.insert(fmt::format("exit code {}, {}", code, record.run.failure.message));
    else
      for (const VerdictRow& v : record.judgement->verdicts) {
        if (v.status == "pass") continue;
        ++seen_[fmt::format("{} ({}) {}", v.rule, v.reading, v.status)];
        if (!is_expected(submission, v) && !is_expected_here(record, v))
          odd.insert(fmt::format("{} ({}) {}", v.rule, v.reading, v.status));
      }
    if (odd.empty()) return;
    ++flagged_;
    fmt::print("{} seed {}: {}\n", submission, seed, fmt::join(odd, ", "));
    std::fflush(stdout);
  }

  Options o_;
  Workspace workspace_;
  int runs_ = 0, flagged_ = 0;
  std::string latest_;
  std::map<std::string, int> seen_;
};

}  // namespace
}  // namespace pgolf::campaign

int main(int argc, char** argv) {
  using namespace pgolf;
  campaign::Options options;
  CLI::App app("runs honest demos and demands that none is flagged");
  app.add_option("--seeds", options.seeds, "runs of each submission; 0: only the text is written")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--first", options.first, "the first seed");
  app.add_option("--steps", options.steps, "of each training")->check(CLI::PositiveNumber);
  app.add_option("--submissions", options.submissions, "which, separated by commas")->delimiter(',');
  app.add_option("--home", options.home, "workspace; default: a temporary directory");
  app.add_option("--docs", options.docs, "the text, written there from the package perl-doc if it is missing");
  app.add_option("--programs", options.programs, "directory of pgolf and pgolf-engine; default: this program's");
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
