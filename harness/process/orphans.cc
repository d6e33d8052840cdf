#include "harness/process/orphans.h"

#include <signal.h>

#include <fstream>
#include <string>

#include "harness/sandbox/supervisor_mark.h"

namespace pgolf {
namespace {

// The supervisor that a process's environment names; it cannot be read for processes of other users.
std::optional<ProcessId> supervisor_of(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/environ", std::ios::binary);
  for (std::string variable; std::getline(in, variable, '\0');)
    if (variable.starts_with(kSupervisorMark)) return marked_supervisor(variable);
  return std::nullopt;
}

}  // namespace

int end_orphans() {
  int ended = 0;
  for (const auto& [process, stat] : all_processes()) {
    const auto supervisor = supervisor_of(process);
    if (supervisor && !is_alive(*supervisor) && ::kill(process, SIGKILL) == 0) ++ended;
  }
  return ended;
}

}  // namespace pgolf
