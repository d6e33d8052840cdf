// Starting a phase's process and ending what it leaves behind.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <set>

#include "harness/process/phase_command.h"

namespace pgolf {

inline constexpr rlim_t kMostPhaseFileBytes = rlim_t{4} << 30;  // a sparse file of terabytes would take days to hash

struct Spawned {
  pid_t pid = 0;
  int listener = -1;  // of its system calls, if it is to be watched and can be: whoever has it must answer (watch.h)
};

// Starts the command in a session of its own. It dies with us; it gets no terminal, no core file, no file beyond 4 GiB,
// and is the first that the kernel ends when memory runs out. Errors: machine if the process cannot be started.
Spawned spawn(const PhaseCommand& command);

// Our child processes. spawn() makes us the parent of what a phase's processes leave behind, so daemons are among them.
std::set<pid_t> children();
// Kills and reaps every child that is not in `spared`, and what those leave behind in turn. Adds what they used to
// `usage`: bubblewrap leaves the process to us that waited for the engine.
void end_children_but(const std::set<pid_t>& spared, rusage& usage);

}  // namespace pgolf
