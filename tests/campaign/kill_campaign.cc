// Kills a run at random moments and audits what is left: docs/faults.md.
//
//   kill_campaign --kills 100 --target engine|harness|interrupt --seed 1 [--home DIR] [--keep]
//
// Every trial starts a real run of a tiny model (train, pack, eval, diagnose under pgolf), sends one signal at a moment
// drawn uniformly from the length of such a run, and then demands: nothing of the run is alive, the next command works,
// the database is intact and no row claims what did not happen, and what had a checkpoint or an artifact can go on to
// the end and the artifact that it would have had.
#include <CLI/CLI.hpp>
#include <fmt/ranges.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>

#include "base/error.h"
#include "base/process_id.h"
#include "harness/run/resume.h"
#include "tests/campaign/audit.h"
#include "tests/campaign/processes.h"
#include "tests/campaign/programs.h"
#include "tests/support/source_dir.h"

namespace pgolf::campaign {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kPatienceS = 120;  // for a run to end; far above what one takes

struct Options {
  int kills = 6;
  std::string target = "engine";
  uint64_t seed = 1;
  fs::path home, programs = own_directory();
  double again = 0.25;  // share of the runs that can go on which do
  bool keep = false;
};

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

class Campaign {
 public:
  explicit Campaign(const Options& options) : o_(options), random_(options.seed), workspace_{options.home / "work"} {}

  int run() {
    prepare();
    double length = 0;
    for (int i = 0; i < 3; ++i) length = std::max(length, time_of_a_run());
    const auto store = Store::open_existing(workspace_.database());
    undisturbed_ = store->load_run(store->find_run("last")).artifact()->sha256;
    fmt::print("seed {}, target {}: {} kills; an undisturbed run takes up to {:.0f} ms\n", o_.seed, o_.target, o_.kills,
               length);
    for (int i = 0; i < o_.kills; ++i) trial(i, std::uniform_real_distribution<double>(0, length)(random_));
    return report();
  }

 private:
  std::vector<std::string> tiny_run() const {
    std::vector<std::string> argv = pgolf({"reproduce", "334", "--data", (o_.home / "data").string(), "--profile",
                                           "demo", "--steps", "2", "--threads", "1"});
    for (const char* set : {"model.num_layers=2", "model.model_dim=32", "model.num_heads=2", "model.num_kv_heads=1",
                            "model.rope_dims=8", "model.mlp_hidden=64", "train.batch_tokens=256", "train.seq_len=64",
                            "eval.seq_len=64", "eval.stride=64", "train.warmup_steps=0"})
      argv.insert(argv.end(), {"--set", set});
    return argv;
  }
  std::vector<std::string> pgolf(const std::vector<std::string>& arguments) const {
    std::vector<std::string> out = pgolf_command(o_.programs, workspace_.home);
    out.insert(out.end(), arguments.begin(), arguments.end());
    return out;
  }

  // Starts a command, its output in files of the workspace.
  pid_t start(const std::vector<std::string>& argv) const {
    std::vector<char*> arguments;
    for (const std::string& a : argv) arguments.push_back(const_cast<char*>(a.c_str()));
    arguments.push_back(nullptr);
    const std::string out = (o_.home / "stdout").string(), err = (o_.home / "stderr").string();
    std::fflush(stdout);  // or the child would print what is pending, too
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    if (!std::freopen(out.c_str(), "w", stdout) || !std::freopen(err.c_str(), "w", stderr)) ::_exit(126);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }

  // The exit code, 128 + signal for one that ended it, -1 if it did not end.
  int wait(pid_t pid) const {
    for (const auto start = Clock::now(); ms_since(start) < kPatienceS * 1e3; sleep_ms(2)) {
      int status = 0;
      if (::waitpid(pid, &status, WNOHANG) == pid)
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return -1;
  }
  int command(const std::vector<std::string>& argv) const { return wait(start(argv)); }

  std::string last_error() const {
    std::ifstream in(o_.home / "stderr");
    std::string text, line;
    for (; std::getline(in, line); text = line) {
    }
    return text;
  }

  void prepare() const {
    fs::create_directories(o_.home);
    std::ofstream docs(o_.home / "docs.jsonl");
    for (int i = 0; i < 60; ++i)
      docs << fmt::format("{{\"text\": \"Document {} says that the river is wide, the bridge has {} arches.\"}}\n", i,
                          i * i);
    docs.close();
    const int code = command(pgolf({"data", "prepare", "--docs", (o_.home / "docs.jsonl").string(), "--tokenizer",
                                    (source_dir() / "tests/data/tokenizers/fineweb_1024_bpe.model").string(),
                                    "--val-docs", "6", "--out", (o_.home / "data").string()}));
    if (code != 0) fail(ErrorKind::machine, "preparing data ended with exit code {}: {}", code, last_error());
  }

  double time_of_a_run() const {
    const auto start_time = Clock::now();
    const int code = command(tiny_run());
    if (code != 0 && code != 1 && code != 3)
      fail(ErrorKind::machine, "an undisturbed run ended with exit code {}: {}", code, last_error());
    return ms_since(start_time);
  }

  void trial(int number, double moment) {
    trial_ = fmt::format("trial {} at {:.0f} ms", number, moment);
    const pid_t pid = start(tiny_run());
    sleep_ms(moment);
    std::vector<Descendant> below = descendants(pid);
    const int signal = strike(pid, below);
    if (o_.target != "harness")
      for (const Descendant& d : descendants(pid)) below.push_back(d);
    const int code = wait(pid);
    check_exit(code, signal);
    std::vector<Descendant> engines = below;
    std::erase_if(engines, [](const Descendant& d) { return d.name != "pgolf-engine"; });
    for (const Descendant& d : survivors(engines, 10))
      finding(fmt::format("{} (process {}) outlived its run", d.name, d.id.pid));
    next_command();
    for (const Descendant& d : survivors(below, 10))
      finding(fmt::format("{} (process {}) outlived the next command", d.name, d.id.pid));
    if (!audit_now()) return;
    if (std::uniform_real_distribution<double>(0, 1)(random_) < o_.again) go_on();
  }

  // Sends the signal of this campaign. Returns it, or 0 if there was nothing left to send it to.
  int strike(pid_t pid, std::vector<Descendant>& below) {
    if (o_.target == "harness") return ::kill(pid, SIGKILL) == 0 ? SIGKILL : 0;
    if (o_.target == "interrupt") {
      const int signal = random_() % 2 ? SIGINT : SIGTERM;
      return ::kill(pid, signal) == 0 ? signal : 0;
    }
    // Between two phases there is no engine: then the next one's first moment is struck.
    for (const auto start = Clock::now(); ms_since(start) < 5000; sleep_ms(1)) {
      std::vector<Descendant> engines = below;
      std::erase_if(engines, [](const Descendant& d) { return d.name != "pgolf-engine" && d.name != "bwrap"; });
      if (!engines.empty()) {
        const auto& victim = engines[random_() % engines.size()];
        return ::kill(static_cast<pid_t>(victim.id.pid), SIGKILL) == 0 ? SIGKILL : 0;
      }
      if (!process_start(pid)) return 0;
      below = descendants(pid);
    }
    return 0;
  }

  void check_exit(int code, int signal) {
    ++exits_[code];
    const bool ran_through = code == 0 || code == 1 || code == 3;
    const bool expected = o_.target == "harness"  ? code == 128 + SIGKILL || ran_through
                          : o_.target == "engine" ? code == 6 || code == 4 || ran_through
                                                  : code == 128 + signal || ran_through;
    if (!expected) finding(fmt::format("exit code {} after signal {}: {}", code, signal, last_error()));
  }

  void next_command() {
    if (!fs::exists(workspace_.database())) return;
    int code = command(pgolf({"ls"}));
    if (code != 0) finding(fmt::format("the next look ends with exit code {}: {}", code, last_error()));
    code = command(pgolf({"judge", "last"}));
    if (code != 0 && code != 1 && code != 3)
      finding(fmt::format("the next command ends with exit code {}: {}", code, last_error()));
  }

  // Returns whether there is a run to go on with.
  bool audit_now() {
    const auto store = Store::open_existing(workspace_.database());
    if (!store) return finding("the database is gone"), false;
    try {
      store->check_integrity();
    } catch (const Error& e) {
      finding(e.what());
    }
    const auto runs = store->list_runs();
    const std::string latest = runs.empty() ? "" : runs.back().id;
    if (latest == latest_) {
      ++ends_["before a run was recorded"];
      return false;
    }
    latest_ = latest;
    for (const std::string& what : audit_run(*store, workspace_, latest)) finding(what);
    const RunRecord record = store->load_run(latest);
    const PhaseRow* last = record.phases.empty() ? nullptr : &record.phases.back();
    ++ends_[record.run.state == RunState::done ? "after the end"
            : !last                            ? "before train"
            : last->outcome == "ok"            ? "after " + last->name
                                               : "in " + last->name];
    return !way_on(record).verb.empty();
  }

  // From its checkpoint or its artifact to the end that it would have had.
  void go_on() {
    const std::string verb = way_on(Store::open_existing(workspace_.database())->load_run(latest_)).verb;
    const int code = command(pgolf({verb, latest_}));
    ++again_[verb];
    if (code != 0 && code != 1 && code != 3)
      finding(fmt::format("`pgolf {} {}` ends with exit code {}: {}", verb, latest_, code, last_error()));
    const auto store = Store::open_existing(workspace_.database());
    const RunRecord record = store->load_run(latest_);
    if (record.run.state != RunState::done) finding(latest_ + ": went on, but is not done");
    if (const ArtifactRow* artifact = record.artifact(); artifact && artifact->sha256 != undisturbed_)
      finding(latest_ + ": went on to another artifact than an undisturbed run's");
    for (const std::string& what : audit_run(*store, workspace_, latest_)) finding(what);
  }

  void finding(const std::string& what) {
    ++findings_;
    fmt::print("FINDING in {}: {}\n", trial_, what);
  }

  int report() {
    const auto store = Store::open_existing(workspace_.database());
    trial_ = "the audit of everything";
    for (const std::string& what : audit(*store, workspace_)) finding(what);
    fmt::print("struck: {}\nexit codes: {}\n", fmt::join(ends_, ", "), fmt::join(exits_, ", "));
    fmt::print("{} runs on record; went on: {}; {} directories of runs that were never recorded; {} findings\n",
               store->list_runs().size(), again_, unknown_directories(*store, workspace_).size(), findings_);
    return findings_ == 0 ? 0 : 1;
  }

  Options o_;
  std::mt19937_64 random_;
  Workspace workspace_;
  std::map<std::string, int> ends_, again_;
  std::map<int, int> exits_;
  std::string trial_, latest_;
  std::string undisturbed_;  // SHA-256 of the artifact that every run comes to
  int findings_ = 0;
};

int run_campaign(int argc, char** argv) {
  Options o;
  CLI::App app("Kills runs at random moments and audits what is left", "kill_campaign");
  app.add_option("--kills", o.kills, "trials")->capture_default_str();
  app.add_option("--target", o.target, "who is killed; interrupt: SIGINT or SIGTERM to pgolf")
      ->check(CLI::IsMember({"engine", "harness", "interrupt"}))
      ->capture_default_str();
  app.add_option("--seed", o.seed, "of the moments")->capture_default_str();
  app.add_option("--home", o.home, "an empty directory; default: a temporary one");
  app.add_option("--programs", o.programs, "directory of pgolf and pgolf-engine")->capture_default_str();
  app.add_option("--again", o.again, "share of the runs that can go on which do")->capture_default_str();
  app.add_flag("--keep", o.keep, "leave the directory for a look");
  CLI11_PARSE(app, argc, argv);
  if (o.home.empty()) {
    std::string name = (fs::temp_directory_path() / "pgolf-campaign-XXXXXX").string();
    o.home = ::mkdtemp(name.data());
  }
  o.home = fs::absolute(o.home);
  int code = 0;
  try {
    code = Campaign(o).run();
  } catch (const std::exception& e) {
    fmt::print(stderr, "kill_campaign: {}\n", e.what());
    code = 6;
  }
  if (!o.keep && code == 0)
    fs::remove_all(o.home);
  else
    fmt::print("the workspace is kept in {}\n", o.home.string());
  return code;
}

}  // namespace
}  // namespace pgolf::campaign

int main(int argc, char** argv) { return pgolf::campaign::run_campaign(argc, argv); }
