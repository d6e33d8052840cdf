#include "harness/run/sandbox.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "base/error.h"
#include "harness/run/is_below.h"
#include "harness/run/orphans.h"

extern char** environ;

namespace pgolf {
namespace {

constexpr char kBubblewrap[] = "/usr/bin/bwrap";

// Directories of the system that programs and libraries come from, and the entropy, GPU and topology files they open.
constexpr std::array kSystem = {"/usr",
                                "/lib",
                                "/lib64",
                                "/lib32",
                                "/bin",
                                "/sbin",
                                "/opt",
                                "/nix",
                                "/etc/alternatives",
                                "/etc/ld.so.cache",
                                "/etc/ld.so.conf",
                                "/etc/ld.so.conf.d",
                                "/etc/localtime",
                                "/sys"};
constexpr std::array kProcRoot = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq",  "/proc/bus",   "/proc/acpi",
                                  "/proc/fs",  "/proc/scsi",          "/proc/mtrr", "/proc/driver"};
constexpr std::array kDevices = {
    "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-caps", "/dev/nvidia-nvswitchctl",
    "/dev/nvidia0",   "/dev/nvidia1",    "/dev/nvidia2",          "/dev/nvidia3",     "/dev/nvidia4",
    "/dev/nvidia5",   "/dev/nvidia6",    "/dev/nvidia7"};

std::vector<std::string> bubblewrap_prefix() {
  std::vector<std::string> out = {
      kBubblewrap, "--unshare-all", "--die-with-parent", "--hostname", "pgolf", "--cap-drop", "ALL"};
  for (const char* path : kSystem) out.insert(out.end(), {"--ro-bind-try", path, path});
  out.insert(out.end(), {"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"});
  // Where root runs pgolf, files of root are the engine's own: /proc/sys/kernel/core_pattern would be a way out.
  if (::geteuid() == 0)
    for (const char* path : kProcRoot) out.insert(out.end(), {"--ro-bind-try", path, path});
  for (const char* path : kDevices) out.insert(out.end(), {"--dev-bind-try", path, path});
  return out;
}

// Whether a directory that every phase sees holds `path`, so that what lies there must be covered.
bool is_in_system(const std::filesystem::path& path) {
  return std::any_of(kSystem.begin(), kSystem.end(), [&](const char* system) { return is_below(path, system); });
}

void add_read_only(std::vector<std::string>& out, const std::filesystem::path& path) {
  out.insert(out.end(), {"--ro-bind", path.string(), path.string()});
}

bool passes(std::string_view variable) {
  for (const std::string_view name : {"PATH=", "TZ=", "LD_LIBRARY_PATH="})
    if (variable.starts_with(name)) return true;
  for (const std::string_view prefix :
       {"LC_", "LANG", "OMP_", "OPENBLAS_", "CUDA_", "NVIDIA_", "NCCL_", "PGOLF_ENGINE_"})
    if (variable.starts_with(prefix)) return true;
  return false;
}

// Directories of LD_LIBRARY_PATH that the sandbox does not show would only be searched in vain, which a watch over what
// is opened takes for an attempt.
std::string without_hidden_libraries(const std::string& variable) {
  constexpr std::string_view kName = "LD_LIBRARY_PATH=";
  if (!variable.starts_with(kName)) return variable;
  std::istringstream directories(variable.substr(kName.size()));
  std::string out(kName);
  for (std::string directory; std::getline(directories, directory, ':');)
    if (is_in_system(directory)) out += (out.size() > kName.size() ? ":" : "") + directory;
  return out;
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
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, nullptr, arguments.data(), variables.data());
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return 127;
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 127;
}

}  // namespace

Sandbox Sandbox::choose(SandboxMode mode, const std::filesystem::path& program) {
  Sandbox out;
  if (const int code = run_quietly({program.string(), "--version"}, false); code != 0)
    fail(ErrorKind::machine, "{}: does not start (exit code {} for --version); build it again", program.string(), code);
  if (mode == SandboxMode::off) {
    out.reason_ = "switched off";
    return out;
  }
  if (::access(kBubblewrap, X_OK) != 0) {
    out.reason_ = "bubblewrap is not installed";
  } else {
    auto argv = bubblewrap_prefix();
    add_read_only(argv, program);
    argv.insert(argv.end(), {"--", program.string(), "--version"});
    if (run_quietly(argv, true) == 0)
      out.level_ = "bubblewrap";
    else
      out.reason_ = "bubblewrap cannot start the engine here (namespaces may be forbidden)";
  }
  if (mode == SandboxMode::required && !out.isolates())
    fail(ErrorKind::machine, "no sandbox: {}; install or allow it, or use --sandbox auto", out.reason_);
  return out;
}

bool Sandbox::starts(const std::string& program) const {
  std::vector<std::string> argv;
  if (isolates()) argv = bubblewrap_prefix(), argv.emplace_back("--");
  argv.insert(argv.end(), {program, "--version"});
  return run_quietly(argv, isolates()) == 0;
}

std::vector<std::string> Sandbox::wrap(const std::vector<std::string>& argv, const SandboxFiles& files) const {
  if (!isolates()) return argv;
  auto out = bubblewrap_prefix();
  for (const auto& path : files.hidden) {
    std::error_code missing;
    const auto real = std::filesystem::canonical(path, missing);
    if (!missing && is_in_system(real)) out.insert(out.end(), {"--tmpfs", real.string()});
  }
  add_read_only(out, argv.front());
  for (const auto& path : files.readable) add_read_only(out, path);
  out.insert(out.end(), {"--bind", files.writable.string(), files.writable.string(), "--remount-ro", "/", "--chdir",
                         files.writable.string(), "--"});
  out.insert(out.end(), argv.begin(), argv.end());
  return out;
}

std::vector<std::string> phase_environment(bool isolated) {
  std::vector<std::string> out = {"HOME=/tmp", supervisor_mark()};
  for (char** variable = environ; *variable; ++variable)
    if (passes(*variable)) out.push_back(isolated ? without_hidden_libraries(*variable) : *variable);
  return out;
}

}  // namespace pgolf
