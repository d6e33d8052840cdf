#include "harness/run/engine_tool.h"

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/notice.h"
#include "harness/process/interrupts.h"
#include "harness/process/supervise.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {
constexpr double kDevicesLimit_s = 60,
                 kMemoryLimit_s = 120;  // nothing is computed; a GPU's driver may take long to start

fs::path temporary_files() {
  std::error_code error;
  const fs::path base = fs::temp_directory_path(error);
  return error ? fs::path("/tmp") : base;
}

}  // namespace

ScratchDirectory::ScratchDirectory() : ScratchDirectory(temporary_files(), "pgolf-tool") {}

ScratchDirectory::ScratchDirectory(const fs::path& parent, const std::string& name) {
  std::string pattern = parent / (name + "-XXXXXX");
  if (!::mkdtemp(pattern.data()))
    fail(ErrorKind::machine, "{}: cannot be created; free some space or set TMPDIR", pattern);
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path engine_path(const std::string& named) {
  fs::path path = named;
  if (path.empty())
    if (const char* variable = std::getenv("PGOLF_ENGINE"); variable && *variable) path = variable;
  if (path.empty()) path = fs::read_symlink("/proc/self/exe").parent_path() / "pgolf-engine";
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    fail(ErrorKind::machine, "{}: the engine is missing; build it (ninja pgolf-engine) or name it with --engine",
         path.string());
  if (!fs::is_regular_file(path, ignored))
    fail(ErrorKind::usage, "{}: no regular file, and so no engine", path.string());
  constexpr uintmax_t kMostBytes = uintmax_t{1} << 30;  // ours has 0.1 GiB with the code of every GPU
  if (const uintmax_t bytes = fs::file_size(path, ignored); bytes > kMostBytes)
    fail(ErrorKind::usage, "{}: {} bytes, and no engine has more than {}", path.string(), bytes, kMostBytes);
  return fs::canonical(path);  // a link cannot be shown in a sandbox under its own name everywhere
}

std::string run_engine_tool(const fs::path& engine, const std::vector<std::string>& arguments, double limit_s,
                            const Sandbox& sandbox) {
  Interrupts::install();
  const ScratchDirectory scratch;
  std::vector<std::string> argv = {engine.string()};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  SandboxFiles files{.readable = library_directories(), .writable = scratch.path(), .hidden = {}};
  std::error_code missing;
  for (const std::string& argument : arguments)  // files that it is given
    if (argument.starts_with('/') && fs::is_regular_file(argument, missing)) files.readable.emplace_back(argument);
  const PhaseCommand command{.argv = sandbox.wrap(argv, files),
                             .environment = phase_environment(),
                             .directory = scratch.path(),
                             .events = scratch.path() / "events.jsonl",
                             .stdout_file = scratch.path() / "stdout",
                             .stderr_file = scratch.path() / "stderr",
                             .limit = PhaseLimit{limit_s * 1e3, ""}};
  const PhaseEnd end = supervise(command, {});
  if (end.outcome == Outcome::interrupted) throw Interrupted{arguments.front() + ": interrupted"};
  if (end.outcome != Outcome::ok)
    throw Error(static_cast<ErrorKind>(exit_code_of(end)), fmt::format("{}: {}", arguments.front(), end.message));
  return read_text(command.stdout_file);
}

Json probe_engine_devices(const fs::path& engine, const Sandbox& sandbox) {
  const std::string text = run_engine_tool(engine, {"devices"}, kDevicesLimit_s, sandbox);
  const Json out = Json::parse(text, nullptr, false);
  if (!out.is_object() || out.value("format", "") != "pgolf.devices/1")
    fail(ErrorKind::machine, "{}: `devices` does not print pgolf.devices/1; build pgolf and pgolf-engine together",
         engine.string());
  return out;
}

Json ask_engine_memory(const fs::path& engine, const Pinned& pinned, const std::string& device, bool fast,
                       const Sandbox& sandbox) {
  const ScratchDirectory scratch;
  const fs::path file = scratch.path() / "pinned.json";
  write_pinned(file, pinned);
  std::vector<std::string> arguments = {"memory", "--pinned", file.string(), "--device", device, "--json"};
  if (fast) arguments.emplace_back("--fast");
  try {
    return Json::parse(run_engine_tool(engine, arguments, kMemoryLimit_s, sandbox), nullptr, false);
  } catch (const Error& e) {
    if (e.kind() == ErrorKind::machine) throw;
    notice("how much memory the run needs is not known: {}", e.what());
    return nullptr;
  }
}

}  // namespace pgolf
