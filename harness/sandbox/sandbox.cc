#include "harness/sandbox/sandbox.h"

#include <fcntl.h>
#include <fmt/ranges.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "base/error.h"
#include "base/is_below.h"
#include "base/sha256.h"
#include "harness/sandbox/shown_system.h"
#include "harness/sandbox/supervisor_mark.h"
#include "identity/identity.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kBubblewrap[] = "/usr/bin/bwrap";

constexpr std::array kProcRoot = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",   "/proc/acpi",
                                  "/proc/fs",  "/proc/scsi",          "/proc/mtrr", "/proc/driver"};
constexpr std::array kDevices = {
    "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-caps", "/dev/nvidia-nvswitchctl",
    "/dev/nvidia0",   "/dev/nvidia1",    "/dev/nvidia2",          "/dev/nvidia3",     "/dev/nvidia4",
    "/dev/nvidia5",   "/dev/nvidia6",    "/dev/nvidia7"};

std::vector<std::string> bubblewrap_prefix(bool nested_namespaces, const ShownSystem& system) {
  std::vector<std::string> out = {
      kBubblewrap, "--unshare-all", "--die-with-parent", "--hostname", "pgolf", "--cap-drop", "ALL"};
  if (!nested_namespaces) out.insert(out.end(), {"--unshare-user", "--disable-userns"});
  for (const std::string& path : system.shown) out.insert(out.end(), {"--ro-bind-try", path, path});
  for (const auto& [name, target] : system.links) out.insert(out.end(), {"--symlink", target, name});
  out.insert(out.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  // Where root runs pgolf, files of root are the engine's own: /proc/sys/kernel/core_pattern would be a way out.
  if (::geteuid() == 0)
    for (const char* path : kProcRoot) out.insert(out.end(), {"--ro-bind-try", path, path});
  for (const char* path : kDevices) out.insert(out.end(), {"--dev-bind-try", path, path});
  return out;
}

void add_read_only(std::vector<std::string>& out, const fs::path& path) {
  out.insert(out.end(), {"--ro-bind", path.string(), path.string()});
}

// What a phase has of our environment; everything else would be the caller's word to it, which no record holds.
constexpr std::array<std::string_view, 7> kPassed = {
    "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "LD_LIBRARY_PATH",  "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE",      "PGOLF_ENGINE_TEST"};
constexpr size_t kLongestVariable = 1024;

// Directories of LD_LIBRARY_PATH that the sandbox does not show would only be searched in vain, which a watch over what
// is opened takes for an attempt.
std::string without_hidden_libraries(std::string_view value) {
  std::vector<std::string> seen = directories_of(value);
  std::erase_if(seen, [](const std::string& directory) { return !is_in_system(directory); });
  return fmt::format("{}", fmt::join(seen, ":"));
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// Runs `argv` in a phase's environment, its output thrown away. Returns its exit code, or 127 if it does not start.
int run_quietly(const std::vector<std::string>& argv, bool isolated) {
  const std::vector<std::string> environment = phase_environment(isolated);
  std::vector<char*> arguments = pointers(argv), variables = pointers(environment);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return 127;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

}  // namespace

Sandbox Sandbox::choose(SandboxMode mode, const fs::path& program) {
  Sandbox out;
  if (mode == SandboxMode::off)
    out.reason_ = "switched off";
  else if (::access(kBubblewrap, X_OK) != 0)
    out.reason_ = "bubblewrap is not installed";
  else if (const std::string directory = hidden_library_directory(); !directory.empty())
    out.reason_ = fmt::format(
        "libraries of pgolf lie in {}, which a phase does not see; move them below /opt, and name "
        "their directory in LD_LIBRARY_PATH",
        directory);
  else
    out.try_bubblewrap(program);
  if (out.isolates()) return out;
  if (mode == SandboxMode::required)
    fail(ErrorKind::machine, "no sandbox: {}; install or allow it, or use --sandbox auto", out.reason_);
  if (mode == SandboxMode::automatic && sha256_file(program) != built_engine_sha256())
    fail(
        ErrorKind::machine,
        "no sandbox: {}; {} is not the engine that this pgolf was built with, which alone runs without one: install or "
        "allow it, or trust the engine with --sandbox off",
        out.reason_, program.string());
  if (const int code = run_quietly({program.string(), "--version"}, false); code != 0)
    fail(ErrorKind::machine, "{}: does not start (exit code {} for --version); build it again", program.string(), code);
  return out;
}

bool Sandbox::starts(const std::string& program) const {
  return run_quietly(wrap({"/usr/bin/env", program, "--version"}, {}), isolates()) == 0;
}

// With user namespaces of its own kept from the engine where that works: the system's program shows it, since the
// engine might fail on purpose.
void Sandbox::try_bubblewrap(const fs::path& program) {
  const auto works = [&](const std::string& tried, const char* argument) {
    return run_quietly(wrap({tried, argument}, {}), true) == 0;
  };
  level_ = "bubblewrap", nested_namespaces_ = false;
  if (!works("/bin/true", "")) nested_namespaces_ = true;
  if (works(program.string(), "--version")) return;
  reason_ = works("/bin/true", "") ? "the engine does not start in bubblewrap (where what it needs lies in none of the "
                                     "loader's directories, name its own in LD_LIBRARY_PATH)"
                                   : "bubblewrap cannot start anything here (namespaces may be forbidden)";
  level_ = "none";
}

std::vector<std::string> Sandbox::wrap(const std::vector<std::string>& argv, const SandboxFiles& files) const {
  if (!isolates()) return argv;
  const ShownSystem system = shown_system();
  auto out = bubblewrap_prefix(nested_namespaces_, system);
  std::vector<std::string> empty = system.covered;
  for (const auto& path : files.hidden) {
    std::error_code missing;
    const auto real = fs::canonical(path, missing);
    if (missing || !is_in_system(real)) continue;
    if (fs::is_directory(real, missing))
      empty.push_back(real.string());
    else
      out.insert(out.end(), {"--ro-bind", "/dev/null", real.string()});
  }
  for (const std::string& path : empty) out.insert(out.end(), {"--tmpfs", path});
  add_read_only(out, argv.front());
  for (const auto& path : files.readable) add_read_only(out, path);
  const std::string own = files.writable.string();
  if (!own.empty()) out.insert(out.end(), {"--bind", own, own});
  for (const std::string& path : empty) out.insert(out.end(), {"--remount-ro", path});
  out.insert(out.end(), {"--remount-ro", "/", "--chdir", own.empty() ? "/tmp" : own, "--"});
  out.insert(out.end(), argv.begin(), argv.end());
  return out;
}

std::vector<fs::path> library_directories() {
  std::vector<fs::path> out;
  std::error_code missing;
  for (const std::string& directory : library_path())
    if (fs::is_directory(directory, missing) && !is_in_system(directory)) out.push_back(fs::absolute(directory));
  return out;
}

bool is_shown_to_all(const fs::path& path) {
  const auto directories = library_directories();
  return is_in_system(path) || std::any_of(directories.begin(), directories.end(),
                                           [&](const auto& directory) { return is_below(path, directory); });
}

std::vector<std::string> phase_environment(bool isolated) {
  std::vector<std::string> out = {"HOME=/tmp", "LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TZ=UTC",
                                  supervisor_mark()};
  for (const std::string_view name : kPassed) {
    const char* value = std::getenv(std::string(name).c_str());
    std::string passed = value ? value : "";
    if (isolated && name == "LD_LIBRARY_PATH") passed = without_hidden_libraries(passed);
    if (passed.size() > kLongestVariable)
      fail(ErrorKind::usage, "{}: {} bytes; a phase is given {} of a variable at most", name, passed.size(),
           kLongestVariable);
    if (!passed.empty()) out.push_back(fmt::format("{}={}", name, passed));
  }
  return out;
}

}  // namespace pgolf
