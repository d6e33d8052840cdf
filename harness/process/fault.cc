#include "harness/process/fault.h"

#include <signal.h>

#include "base/error.h"
#include "db/documents/documents.h"

namespace pgolf {

bool comes_from_others(std::optional<int64_t> signal) {
  return signal == SIGKILL || signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
}

namespace {

// bubblewrap could not set the sandbox up: it says so, and there is no log, which an engine opens first.
bool never_started(const PhaseRow& phase) {
  return phase.sandbox == "bubblewrap" && phase.exit_code == 1 && phase.message.starts_with("bwrap: ") &&
         phase_document(phase).events_sha256.empty();
}

}  // namespace

std::string own_fault(const PhaseRow& phase) {
  if (never_started(phase)) return "";
  const auto is = [&](ErrorKind kind) { return phase.exit_code == static_cast<int64_t>(kind); };
  if (phase.outcome == "limit") {
    return phase_document(phase).over == "memory" ? "" : "it went over a limit";
  }
  if (phase.outcome == "killed" && !comes_from_others(phase.signal)) return "it crashed";
  if (phase.outcome == "exception" && !is(ErrorKind::machine) && !is(ErrorKind::not_found)) return "it failed";
  return "";
}

}  // namespace pgolf
