// Runs one phase of the engine as a process group of its own and measures it from outside.
//
// The clock is ours and monotonic, the limit is enforced by us (SIGTERM, grace, SIGKILL of the group), and the end is
// classified from what the kernel says; the phase's own words only explain it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/process_id.h"
#include "db/attempts.h"
#include "harness/process/event_tail.h"
#include "harness/process/phase_command.h"

namespace pgolf {

enum class Outcome { ok, exception, out_of_memory, limit, killed, interrupted };
const char* outcome_name(Outcome outcome);

// What the supervisor tells while the phase runs.
struct PhaseObserver {
  std::function<void(const ProcessId&)> started = [](const ProcessId&) {};
  std::function<void(const EventTail&, double elapsed_ms)> progress = [](const EventTail&, double) {};  // many a second
  std::function<void()> heartbeat = [] {};  // every few seconds
};

struct PhaseEnd {
  Outcome outcome = Outcome::ok;
  std::optional<int64_t> exit_code, signal;
  double wall_ms = 0, cpu_ms = 0;
  int64_t max_rss_bytes = 0;
  std::map<std::string, double> span_ms;  // parts of the phase, between the arrivals of their start and end
  std::map<std::string, double> late_ms;  // what these may be too long by (event_tail.h)
  std::string message;                    // one line: the engine's own last words, or what happened to it
  std::string over;                       // of a limit: "time", "memory", "processes", "output" or "files"
  bool watched = false;                   // its system calls were
  std::vector<Attempt> denied;            // what it tried and was not let do
  std::vector<std::string> libraries;     // that it opened, of a watched phase
};

// Errors: machine if the process cannot be started.
PhaseEnd supervise(const PhaseCommand& command, const PhaseObserver& observer);

// Whose fault an end was, as an exit code; Interrupts::exit_code() for an interrupt.
int exit_code_of(const PhaseEnd& end);

// The engine's one-line error ("pgolf-engine: ...") or the last line of a text, without control characters.
std::string last_words(const std::string& text);

}  // namespace pgolf
