// What a phase's event log says, as rows of the record. The log itself stays the evidence; these rows are for lists and
// charts.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "db/documents/documents.h"
#include "db/store.h"
#include "engine/evidence/events.h"
#include "harness/run/workspace.h"

namespace pgolf {

// The event log of a phase as it counts: none that is not the one that the phase left, or another configuration's.
struct PhaseLog {
  std::optional<EventsFile> events;
  std::string problem;  // why there are none
};

// `sealed_sha256`: of the log when the phase ended; "" of a run that did not record it. Errors: those of read_events.
PhaseLog read_phase_log(const std::filesystem::path& file, const std::string& sealed_sha256,
                        const std::string& config_sha256);

// Metrics and curves of one phase.
struct LoggedFigures {
  std::map<std::string, double> metrics;
  std::map<std::string, std::vector<CurvePoint>> curves;
};

//   train:    steps, train_loss, train_clock_ms, tokens_trained, tok_per_s; curves train_loss, rank0_loss, lr_scale
//   eval:     val_loss_<pass>, val_bpb_<pass> of every pass that ended; curves stream.<pass> (bits per byte over the
//             targets so far); of one that `ended` well also val_loss, val_bpb, val_targets, val_bytes of the result
//             (engine/evidence/result.h)
//   diagnose: val_loss_prequant, val_bpb_prequant, val_loss_quant, val_bpb_quant
LoggedFigures figures_of(const std::string& phase, const EventsFile& events, bool ended);

// The same of a phase of `record`: of a diagnosis none of a pass that the evaluation has scored itself.
LoggedFigures figures_of(const RunRecord& record, const PhaseRow& phase, const EventsFile& events);

// The scoring passes of a log in the order in which they began, those that broke off included.
std::vector<ScoringPass> logged_passes(const EventsFile& events);

// Adds what a phase left to its row's document: `events_sha256`, `passes`, and of an evaluation `ledger_head`. Later
// judging holds the files against it. What is missing or damaged is left out, and said.
void add_evidence(PhaseDocument& document, const RunDirectory& directory, const std::string& phase);

// The event log that an attempt at a phase left, wherever it lies by now.
std::filesystem::path log_of(const RunDirectory& directory, const PhaseRow& phase);

// Puts the figures of a phase that is over on record. A log that does not count adds none, which is said.
void ingest_events(Store& store, const RunRecord& record, const PhaseRow& phase, const std::filesystem::path& file);

// The bytes by class of the artifact event, as the document of the artifact's row.
std::string artifact_classes(const std::filesystem::path& pack_events);

}  // namespace pgolf
