// An audit: our engine scored the artifact of a run again, from the artifact alone (harness/audit). What the two
// evaluations left is held against each other here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/evidence/events.h"
#include "judge/step_audit.h"

namespace pgolf {

struct AuditFacts {
  std::string problem;  // why what is there is no audit; "" if it is one
  std::string audited_at;
  std::string artifact_sha256;  // of what was scored
  std::string device;           // that scored it, by name
  bool own_engine = false;      // by the engine that the pgolf that audited was built with
  bool same_kind = false;       // the run's engine on the run's kind of device, so that every bit must be the same
  std::optional<double> claimed_bpb, found_bpb;
  std::string difference, difference_at;     // of the events, the first in words, and its file and line; "" for none
  std::string ledger_difference, ledger_at;  // likewise
  std::optional<EventsFile> log;             // of the second evaluation
  std::optional<StepAudit> steps;            // steps that were drawn and trained again
};

struct FirstDifference {
  std::string text;  // "pass 'ttt' after 4,096 targets: nll 9.1 there, 9.2 here"; "" for none
  int64_t line = 0;  // in the log of the run; 0 where it has nothing there
};

// What an evaluation reports that its artifact, its configuration and the text decide: running sums, results and limits
// of passes, then probes by pass and target. The first of `there` that `here` has otherwise. Sums on the way are left
// out where the two ran in another number of processes, which report at other places; so are times, and passes over a
// twin (engine/evidence/twin.h).
FirstDifference first_difference(const EventsFile& there, const EventsFile& here);

// "cpu", "cuda", "cuda float32" of a log's build; "" where a GPU was let choose algorithms (--fast), which no other
// evaluation need equal.
std::string device_kind(std::string_view build);

}  // namespace pgolf
