// What a run left behind, gathered for judging: what the harness measured, what the phases reported, what the ledger
// holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/attempts.h"
#include "engine/config/config.h"
#include "engine/evidence/events.h"
#include "engine/evidence/ledger_check.h"
#include "engine/evidence/result.h"
#include "engine/evidence/schedule.h"
#include "judge/audit.h"
#include "resolve/extent.h"

namespace pgolf {

// One phase as the harness saw it from outside.
struct PhaseFacts {
  std::string name;                       // "train", "pack", "eval"
  bool finished = false;                  // ended by itself, with exit code 0
  std::optional<double> wall_ms;          // of the process, start to end
  std::map<std::string, double> span_ms;  // between the arrivals of a part's phase_start and phase_end, by part
  std::vector<std::string> visible;       // roles of the data files it could open: "train", "val"
  std::string isolation;                  // how it was kept from other files: "bubblewrap"; "" if it was not
  bool network = true;                    // could reach one
  std::string events_sha256;              // of its log when it ended; "" if that was not recorded
  bool watched = false;                   // its system calls were
  std::vector<Attempt> denied;            // what it tried and was not let do
  std::string engine_sha256;              // of the program that ran it; "" if that was not recorded
  int64_t remembered = 0;  // files of its data whose hash it was given, since nobody wrote to them (docs/data.md)
  std::map<std::string, std::string> libraries;  // that it opened: path to SHA-256; "" of one that was its own
  std::string library_path;                 // where its libraries were looked for before the system's; "" if nowhere
  std::map<std::string, double> late_ms{};  // what a span may be too long by, because the harness had to wait
};

// Validation documents that are in the training shards.
struct OverlapFacts {
  int64_t val_documents = 0, of_documents = 0;  // equal to a training document, or a good part of them is there
  bool near_looked_for = false;                 // and not only equal ones
  std::string text;                             // in words; "" for none
  double repeated_text = 0;                     // share of the validation text's passages that stand in training
};

// An attempt at a phase that a later one followed.
struct EarlierAttempt {
  std::string phase;
  int64_t number = 1;
  std::string end;    // how it ended, and which scoring passes it had ended: "killed, sliding ended with ..."
  std::string fault;  // what it did wrong by itself; "" if it was ended by no fault of its own
  bool well = false;  // it had ended well
};

struct ManifestFile {
  std::string role, path, sha256;  // role as in DataEvent; path relative to the data directory
};

struct RunFacts {
  std::filesystem::path directory;  // with <phase>.events.jsonl and ledger.jsonl
  std::string track;                // of the submission
  std::string config_sha256;        // of the pinned configuration; "" if not known
  std::string profile;
  bool as_run = false;                   // profile record, nothing overridden
  bool published_clock = false;          // followed the original's clock instead of the machine's
  bool imported = false;                 // ran on another machine; what only that saw is its word
  std::string submission;                // its id
  bool shipped = false;                  // pgolf ships a submission of that id
  std::vector<std::string> not_shipped;  // in what this one differs from it: "model.num_layers 3, shipped 11"
  std::vector<PhaseFacts> phases;        // the latest attempt at each
  std::vector<EarlierAttempt> earlier;

  std::optional<int64_t> model_bytes;         // the harness's own count of the artifact file, now
  std::string artifact_sha256;                // the harness's own hash of it, now
  std::string artifact_sha256_before_eval;    // as recorded before evaluation started
  std::optional<int64_t> code_bytes;          // as the submission counts them
  std::optional<int64_t> shipped_code_bytes;  // of the script as shipped, where that is another number
  std::string code_file;                      // of the submission, where a file was counted; "" if none was
  std::optional<int64_t> code_file_bytes;     // the harness's count of it

  std::optional<Config> config;  // the pinned one
  int64_t num_params = 0;
  bool follows_schedule = false;     // in place of the machine's clock: another run's, or the original training's
  std::optional<Schedule> schedule;  // that one; nothing if it is not there as the record has it
  int64_t cores = 0;                 // of the machine; 0 if that was not recorded

  std::string engine_sha256;  // of the engine that the pgolf that ran it was built with; "" if that was not recorded
  std::string gpu;            // name of the GPUs that ran it, "" for CPU
  int64_t gpu_count = 0;
  std::vector<ManifestFile> manifest;  // of the data directory
  std::optional<int64_t> val_targets;  // the harness's count of targets that the evaluation has to score
  std::optional<int64_t> val_bytes;    // and of the bytes of text that they stand for
  std::string val_problem;             // why those two could not be counted
  std::string val_tokens_sha256;       // and its hash of all validation tokens
  bool val_text_known = true;  // whether the bytes were recounted from the documents' text, or from the shards alone
  DataExtent extent;           // of the submission's training data, as it was when the run was made
  std::optional<OverlapFacts> overlap;
  std::string ledger_head;          // as recorded when evaluation ended
  std::optional<AuditFacts> audit;  // its artifact was scored again here
};

struct PhaseEvidence {
  PhaseFacts facts;
  std::optional<EventsFile> events;
  std::string file;     // "train.events.jsonl"
  std::string problem;  // why there are no events
  bool edited = false;  // there are some, and they are not what the phase left

  // The last event of a kind, with its line; null if there is none.
  template <class E>
  const E* last(int64_t* line = nullptr) const;
  // Elapsed time of a part by the phase's own clock.
  std::optional<double> part_ms(const std::string& name) const;
  bool saw_part(const std::string& name) const;
  // Of an evaluation.
  ReportedResult result() const { return events ? reported_result(*events) : ReportedResult{.problem = problem}; }
};

struct RunEvidence {
  RunFacts facts;
  std::vector<PhaseEvidence> phases;
  std::optional<CheckedLedger> ledger;
  std::string ledger_problem;   // why there is none
  bool ledger_damaged = false;  // there is one, and it was edited or cut

  const PhaseEvidence* phase(std::string_view name) const;  // null if the run has none
};

inline constexpr char kLedgerName[] = "ledger.jsonl";

template <class E>
const E* PhaseEvidence::last(int64_t* line) const {
  if (!events) return nullptr;
  for (auto record = events->events.rbegin(); record != events->events.rend(); ++record)
    if (const auto* event = std::get_if<E>(&record->event)) {
      if (line) *line = record->line;
      return event;
    }
  return nullptr;
}

}  // namespace pgolf
