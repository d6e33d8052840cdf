#include "harness/run/orphans.h"

#include <fmt/format.h>
#include <signal.h>

#include <charconv>
#include <filesystem>
#include <fstream>

#include "harness/run/process.h"

namespace pgolf {
namespace {

constexpr std::string_view kName = "PGOLF_SUPERVISOR=";

std::optional<int64_t> number(std::string_view text) {
  int64_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ptr == text.data() + text.size() && !text.empty() ? std::optional(out) : std::nullopt;
}

// Where process numbers mean what they mean to us: this boot, this process namespace.
std::string place() {
  std::error_code unknown;
  return boot_id() + "/" + std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
}

// The supervisor that a process's environment names, if it is one of this place.
std::optional<ProcessId> supervisor_of(const std::filesystem::path& process, const std::string& here) {
  std::ifstream in(process / "environ", std::ios::binary);  // unreadable for processes of others
  for (std::string variable; std::getline(in, variable, '\0');) {
    if (!variable.starts_with(kName)) continue;
    const std::string_view value = std::string_view(variable).substr(kName.size());
    const size_t first = value.find(':'), second = value.find(':', first + 1);
    if (second == value.npos || value.substr(second + 1) != here) return std::nullopt;
    const auto pid = number(value.substr(0, first)), start = number(value.substr(first + 1, second - first - 1));
    return pid && start ? std::optional(ProcessId{boot_id(), *pid, *start}) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::string supervisor_mark() {
  const ProcessId self = current_process();
  return fmt::format("{}{}:{}:{}", kName, self.pid, self.start, place());
}

int end_orphans() {
  int ended = 0;
  const std::string here = place();
  std::error_code gone;
  for (std::filesystem::directory_iterator at("/proc", gone), end; !gone && at != end; at.increment(gone)) {
    const auto pid = number(at->path().filename().string());
    if (!pid) continue;
    const auto supervisor = supervisor_of(at->path(), here);
    if (supervisor && !is_alive(*supervisor) && ::kill(static_cast<pid_t>(*pid), SIGKILL) == 0) ++ended;
  }
  return ended;
}

}  // namespace pgolf
