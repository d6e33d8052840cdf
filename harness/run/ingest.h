// What a phase's event log says, as rows of the record. The log itself stays the evidence; these rows are for lists and
// charts.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "db/store.h"
#include "engine/evidence/events.h"

namespace pgolf {

// Metrics and curves of one phase.
struct LoggedFigures {
  std::map<std::string, double> metrics;
  std::map<std::string, std::vector<CurvePoint>> curves;
};

//   train:    steps, train_loss, train_clock_ms, tokens_trained, tok_per_s; curves train_loss, lr_scale
//   eval:     val_loss, val_bpb, val_targets, val_bytes of the result (engine/evidence/result.h); val_loss_<pass>,
//   val_bpb_<pass>;
//             curves stream.<pass> (bits per byte over the targets so far)
//   diagnose: val_loss_prequant, val_bpb_prequant, val_loss_quant, val_bpb_quant
LoggedFigures figures_of(const std::string& phase, const EventsFile& events);

// Puts them on record. A log that is missing or damaged adds what can be read, or nothing.
void ingest_events(Store& store, const std::string& run, const std::string& phase, const std::filesystem::path& file);

// {"classes": [{"name", "bytes"}, ...]} of the artifact event; "{}" without one.
std::string artifact_classes(const std::filesystem::path& pack_events);

}  // namespace pgolf
