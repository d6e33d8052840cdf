#include "harness/cluster/node_task.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/notice.h"
#include "db/store.h"
#include "harness/bundle/bundle.h"
#include "harness/bundle/run.h"
#include "harness/bundle/statement.h"
#include "harness/cluster/slurm_sweep.h"
#include "harness/process/interrupts.h"
#include "harness/run/engine_tool.h"
#include "harness/run/workspace.h"
#include "harness/sweep/child.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

std::string variable(const char* name, const std::string& otherwise) {
  const char* value = std::getenv(name);
  return value && *value ? value : otherwise;
}

// Waits for the run; what ends us ends it, in its own order.
int wait_for(pid_t pid) {
  int told = 0, status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (Interrupts::count() > told) told = Interrupts::count(), ::kill(pid, SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return exit_code_of_child(status);
}

// The bundle of the one run of a home; "" if nothing was recorded. `whole`: it ended by itself.
std::string bundle_in(const fs::path& home, const fs::path& rules, bool& whole) {
  const Workspace workspace{home};
  const auto store = Store::open_existing(workspace.database());
  if (!store || store->list_runs().empty()) return "";
  const RunRecord record = store->load_run(store->find_run("last"));
  whole = record.run.state == RunState::done || record.run.state == RunState::failed;
  if (!is_final(record.run.state)) return "";
  BundleContents contents = run_contents(*store, workspace, record.run.id, rules);
  add_statement(contents, {}, "");
  return write_bundle(contents);
}

}  // namespace

bool publish(const fs::path& file, const fs::path& target) {
  if (::link(file.c_str(), target.c_str()) == 0) return true;
  if (errno == EEXIST) return false;
  fail(ErrorKind::machine, "{}: cannot be published: {}", target.string(), std::strerror(errno));
}

int run_on_node(const NodeTask& of) {
  Interrupts::install();
  const SweepPlan plan = read_plan(of.directory);
  const auto slurm = read_slurm(of.directory);
  if (!of.sweep.empty() && plan.id != of.sweep)
    fail(ErrorKind::usage, "{}: holds sweep {}, this task is of {}", of.directory.string(), plan.id, of.sweep);
  if (of.task >= plan.tasks())
    fail(ErrorKind::usage, "task {}: the sweep has {}, counted from 0", of.task, plan.tasks());
  const fs::path target = bundle_of(of.directory, of.task);
  std::error_code missing;
  if (fs::exists(target, missing)) return notice("task {}: there already", of.task), 0;
  const std::string attempt = variable("SLURM_RESTART_COUNT", "0"), job = variable("SLURM_JOB_ID", "0");
  const std::string name = fmt::format("{}.{}.{}", of.task, attempt, job);
  notice("task {}: {}, seed {}, attempt {} on {}", of.task, plan.variant_of(of.task).name, plan.seed_of(of.task),
         attempt, variable("SLURMD_NODENAME", "this machine"));
  // A home of this attempt's own, gone with it.
  const ScratchDirectory home(variable("SLURM_TMPDIR", variable("TMPDIR", "/tmp")),
                              fmt::format("pgolf-{}-{}", plan.id, name));
  TaskSetting setting = slurm ? slurm->setting : TaskSetting();
  setting.home = home.path();
  std::vector<std::string> more;
  if (const std::string cpus = variable("SLURM_CPUS_PER_TASK", ""); !cpus.empty()) more = {"--threads", cpus};
  const fs::path logs = of.directory / "logs";
  const int code =
      wait_for(start_child(task_command(plan, of.task, setting, more), logs / (name + ".out"), logs / (name + ".err")));
  bool whole = false;
  const std::string bytes = bundle_in(home.path(), setting.rules, whole);
  if (bytes.empty()) {
    notice("task {}: no run was recorded, exit {}: {}", of.task, code, last_line(logs / (name + ".err")));
    return code == 0 ? static_cast<int>(ErrorKind::machine) : code;
  }
  const fs::path file = of.directory / "tmp" / (name + ".pgolf.tar.zst");
  write_file_atomic(file, bytes);
  const bool first = whole && publish(file, target);
  if (!first) publish(file, of.directory / "extra" / (name + ".pgolf.tar.zst"));
  notice("task {}: {}, exit {}", of.task,
         first   ? "published"
         : whole ? "another attempt was first; kept in extra/"
                 : "cut short; kept in extra/",
         code);
  fs::remove(file, missing);
  return code == 1 || code == 3 ? 0 : code;  // a verdict is no failure of the job's
}

}  // namespace pgolf
