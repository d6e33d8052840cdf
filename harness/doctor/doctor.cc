#include "harness/doctor/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "base/sha256.h"
#include "db/store.h"
#include "harness/judging/find_ruleset.h"
#include "harness/run/engine_tool.h"
#include "harness/run/work_directory.h"
#include "harness/run/workspace.h"
#include "harness/sandbox/sandbox.h"
#include "identity/identity.h"
#include "resolve/submission.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// The nearest directory that is there, up from `path`.
fs::path existing_parent(fs::path path) {
  std::error_code ignored;
  for (path = fs::absolute(path); !fs::exists(path, ignored) && path.has_relative_path();) path = path.parent_path();
  return path;
}

// Directories of runs that no row names, by whether a phase ran in them.
struct Strays {
  std::vector<std::string> with_logs, begun;
};

Strays strays_of(const Workspace& workspace, const std::vector<RunSummary>& runs) {
  std::vector<std::string> recorded;
  for (const RunSummary& run : runs) recorded.push_back(run.id);
  const std::vector<std::string> unfinished = unfinished_imports(workspace, runs);
  Strays out;
  for (const StrayRun& stray : stray_runs(workspace, recorded))
    if (std::find(unfinished.begin(), unfinished.end(), stray.id) == unfinished.end())
      (stray.has_logs ? out.with_logs : out.begun).push_back(stray.id);
  return out;
}

Checkup examine_record(const DoctorRequest& request) {
  const Workspace workspace{fs::absolute(request.home).lexically_normal()};
  const std::string file = workspace.database().string();
  try {
    const auto store =
        Store::look(workspace.database(), [&](const std::string& run) { return workspace.is_worked_on(run); });
    const std::vector<RunSummary> runs = store ? store->list_runs() : std::vector<RunSummary>();
    const Strays strays = strays_of(workspace, runs);
    std::vector<std::string> left = dead_work(workspace);
    for (const std::string& id : unfinished_imports(workspace, runs)) left.push_back(id);
    if (!strays.with_logs.empty())
      return {"record", Health::broken,
              fmt::format("{}: no rows of {}, whose directories are there", file, names_text(strays.with_logs)),
              "restore a copy of the file that holds them, or move the directories away"};
    if (request.expected_head && !store) fail(ErrorKind::database, "{}: is gone; a head of it was kept", file);
    if (!store)
      return {"record", Health::ok, fmt::format("none yet in {}; the first run makes it", workspace.home.string()), ""};
    store->check_integrity();
    if (request.expected_head) store->check_head(*request.expected_head);
    if (store->read_only())
      return {"record", Health::broken, fmt::format("{}: {} runs, read-only", file, runs.size()),
              "runs cannot be recorded; give this user write access, or name another --home"};
    return {
        "record", Health::ok,
        fmt::format("{}: {} runs, whole{}{}{}", file, runs.size(),
                    request.expected_head ? ", and holds the head that was kept" : "",
                    strays.begun.empty() ? "" : "; never begun: " + names_text(strays.begun),
                    left.empty() ? "" : "; left by a killed import or audit, removed by the next: " + names_text(left)),
        ""};
  } catch (const Error& e) {
    return {"record", Health::broken, "unusable", e.what()};
  }
}

Checkup examine_home(const fs::path& home) {
  const fs::path parent = existing_parent(home);
  if (::access(parent.c_str(), W_OK | X_OK) == 0) return {"home", Health::ok, home.string(), ""};
  return {"home", Health::broken, fmt::format("{} may not be written", parent.string()),
          "name another directory with --home or PGOLF_HOME"};
}

// `body` counts what it loads.
template <class Body>
Checkup examine_files(const char* name, const fs::path& directory, const char* option, Body&& body) {
  try {
    const auto count = body();
    if (count == 0)
      return {name, Health::broken, "none in " + directory.string(), std::string("name them with ") + option};
    return {name, Health::ok, fmt::format("{} in {}", count, directory.string()), ""};
  } catch (const std::exception& e) {
    return {name, Health::broken, "unreadable", e.what()};
  }
}

// A damaged one is told by itself: no other needs it.
void examine_submissions(std::vector<Checkup>& out, const fs::path& directory) {
  std::vector<Checkup> damaged;
  out.push_back(examine_files("submissions", directory, "--submissions", [&] {
    const auto names = list_submissions(directory);
    for (const std::string& name : names) try {
        load_submission(directory / name, directory);
      } catch (const Error& e) {
        damaged.push_back({"submission " + name, Health::absent, "unreadable", e.what()});
      }
    return names.size() - damaged.size();
  }));
  std::move(damaged.begin(), damaged.end(), std::back_inserter(out));
}

void examine_engine(std::vector<Checkup>& out, const std::string& named) {
  fs::path engine;
  Sandbox sandbox;
  try {
    engine = engine_path(named);
    sandbox = Sandbox::choose(SandboxMode::automatic, engine);
    const Json devices = probe_engine_devices(engine, sandbox);
    const bool own = sha256_file(engine) == built_engine_sha256();
    out.push_back({"engine", own ? Health::ok : Health::absent, engine.string(),
                   own ? "" : "not the one that this pgolf was built with: its runs reproduce no claim; build both"});
    examine_gpu(out, devices);
  } catch (const Error& e) {
    out.push_back({"engine", Health::broken, engine.empty() ? "missing" : engine.string(), e.what()});
    return;
  }
  if (sandbox.isolates()) {
    for (Checkup& c : out)
      if (c.name == "lrzip" && c.health == Health::ok && !sandbox.starts(c.name))
        c.health = Health::absent, c.found += ", which does not start in the sandbox", c.remedy = kWithoutLrzip;
    return out.push_back({"sandbox", Health::ok, sandbox.level(), ""});
  }
  out.push_back({"sandbox", Health::absent, "none: " + sandbox.reason(),
                 "phases run without isolation, which strict rules do not accept; apt-get install bubblewrap, and "
                 "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1) or run outside a container"});
}

const char* mark(Health health) { return health == Health::ok ? "[ok]" : health == Health::absent ? "[--]" : "[FAIL]"; }
const char* health_name(Health health) {
  return health == Health::ok ? "ok" : health == Health::absent ? "absent" : "broken";
}

}  // namespace

std::vector<Checkup> examine(const DoctorRequest& request) {
  std::vector<Checkup> out;
  examine_machine(out, existing_parent(request.home));
  examine_engine(out, request.engine);
  examine_submissions(out, request.submissions);
  out.push_back(examine_files("rulesets", request.rules, "--rules-dir", [&] {
    load_ruleset(find_ruleset(request.rules, ""));
    size_t count = 0;
    for (const fs::path& file : ruleset_files(request.rules)) {
      if (is_edited(load_ruleset(file)) && !request.accept_edited_ruleset)
        fail(ErrorKind::usage, "{}: was edited; give it an id of its own, or restore it", file.string());
      ++count;
    }
    return count;
  }));
  out.push_back(examine_home(request.home));
  out.push_back(examine_record(request));
  return out;
}

bool is_ready(const std::vector<Checkup>& checkups) {
  for (const Checkup& c : checkups)
    if (c.health == Health::broken) return false;
  return true;
}

Json checkups_to_json(const std::vector<Checkup>& checkups) {
  Json out = {{"format", "pgolf.doctor/1"}, {"ready", is_ready(checkups)}, {"checks", Json::array()}};
  for (const Checkup& c : checkups)
    out["checks"].push_back({{"name", c.name},
                             {"status", health_name(c.health)},
                             {"found", c.found},
                             {"remedy", c.remedy.empty() ? Json(nullptr) : Json(c.remedy)}});
  return out;
}

std::string checkups_to_text(const std::vector<Checkup>& checkups) {
  std::string out;
  for (const Checkup& c : checkups) {
    out += fmt::format("{:<6} {:<14} {}\n", mark(c.health), c.name, c.found);
    if (!c.remedy.empty()) out += fmt::format("{:<21} {}\n", "", c.remedy);
  }
  return out + (is_ready(checkups) ? "\nready to run ([--]: runs do without it)\n" : "\nnot ready: see [FAIL]\n");
}

}  // namespace pgolf
