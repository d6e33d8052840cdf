#include "harness/sandbox/supervisor_mark.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

namespace pgolf {
namespace {

std::optional<int64_t> number(std::string_view text) {
  int64_t out = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ptr == text.data() + text.size() && !text.empty() ? std::optional(out) : std::nullopt;
}

// The boot and the process namespace, in which a process number means the same to us.
std::string place() {
  std::error_code unknown;
  return boot_id() + "/" + std::filesystem::read_symlink("/proc/self/ns/pid", unknown).string();
}

}  // namespace

std::string supervisor_mark() {
  const ProcessId self = current_process();
  return fmt::format("{}{}:{}:{}", kSupervisorMark, self.pid, self.start, place());
}

std::optional<ProcessId> marked_supervisor(std::string_view variable) {
  if (!variable.starts_with(kSupervisorMark)) return std::nullopt;
  const std::string_view value = variable.substr(kSupervisorMark.size());
  const size_t first = value.find(':'), second = value.find(':', first + 1);
  if (second == value.npos || value.substr(second + 1) != place()) return std::nullopt;
  const auto pid = number(value.substr(0, first)), start = number(value.substr(first + 1, second - first - 1));
  return pid && start ? std::optional(ProcessId{boot_id(), *pid, *start}) : std::nullopt;
}

}  // namespace pgolf
