// The processes below one, as /proc shows them.
#pragma once

#include <string>
#include <vector>

#include "db/rows.h"

namespace pgolf::campaign {

struct Descendant {
  ProcessId id;
  std::string name;  // as the kernel knows it: "bwrap", "pgolf-engine"
};

// Children of `pid`, their children and so on, parents first.
std::vector<Descendant> descendants(pid_t pid);

// Waits until none of them lives. Returns those that still do after `seconds`.
std::vector<Descendant> survivors(std::vector<Descendant> processes, double seconds);

void sleep_ms(double ms);

}  // namespace pgolf::campaign
