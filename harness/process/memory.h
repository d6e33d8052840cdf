// Memory and processes of a phase, as the kernel counts them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <set>

namespace pgolf {

// The memory that a phase may take: fifteen sixteenths of what this machine, or our control group, has; the rest is for
// pgolf and the system. There is no limit if neither size can be read.
std::uintmax_t default_memory_limit();

// The number of OOM kills that the kernel counted for our control group; 0 where it counts none.
int64_t oom_kills();

inline constexpr int kMostDescriptors = 4096;  // of one process, so that a look at all of them is soon done

struct Usage {
  std::uintmax_t bytes = 0;  // resident, and in files that lie in memory: memfd, the sandbox's /tmp, /dev and /dev/shm
  int64_t tasks = 0;         // threads of all processes
};

// Of everything that descends from us, but for the children in `spared` and what descends from those.
// Pages that several processes share count once where the sum of all would be more than `most_bytes`.
Usage usage_but(const std::set<pid_t>& spared, std::uintmax_t most_bytes);

}  // namespace pgolf
