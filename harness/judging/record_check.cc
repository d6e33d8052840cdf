#include "harness/judging/record_check.h"

#include <fmt/format.h>

#include <cmath>

#include "base/json.h"
#include "base/names.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "engine/config/pinned.h"
#include "harness/process/spawn.h"
#include "harness/run/ingest.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// As text, not as a configuration: a run of an older pgolf may have members that this one does not know.
std::string pinned_contradiction(const PinnedRow& row, const fs::path& file) {
  const Json pinned = pinned_document(row).whole;
  Json body = pinned;
  body.erase("sha256");
  if (sha256_hex(body.dump()) != row.sha256) return "its configuration is not the one that its SHA-256 names";
  const auto overrides = pinned.at("overrides").size();
  if (pinned.at("submission").at("id") != row.submission || pinned.at("profile") != row.profile ||
      pinned.at("seed") != row.seed || pinned.at("num_params") != row.num_params ||
      row.as_run != (row.profile == kRecordProfile && overrides == 0))
    return "its configuration is not the one that the columns of its row name";
  std::error_code missing;
  if (fs::exists(file, missing) && read_json(file) != pinned) return "its configuration is not the one of pinned.json";
  return "";
}

// The log of a phase, if it is still what the phase left, and gives figures.
std::optional<EventsFile> sealed_log(const RunRecord& record, const PhaseRow& phase, const fs::path& file) {
  const std::string sealed = phase_document(phase).events_sha256;
  if (sealed.empty() || !is_file_within(file, kMostEventLogBytes)) return std::nullopt;
  return read_phase_log(file, sealed, record.run.pinned).events;
}

// Values by step, as the record keeps them: the last of a step, none that is not finite.
std::map<int64_t, double> by_step(const std::vector<CurvePoint>& points) {
  std::map<int64_t, double> out;
  for (const CurvePoint& point : points)
    if (std::isfinite(point.value)) out[point.step] = point.value;
  return out;
}

}  // namespace

std::string contradiction(const Store& store, const RunRecord& record, const RunDirectory& directory) {
  if (std::string found = pinned_contradiction(record.pinned, directory.pinned()); !found.empty()) return found;
  for (const ArtifactRow& row : record.artifacts) {
    if (row.name != "artifact" && row.name != "checkpoint") continue;
    const fs::path file = row.name == "artifact" ? directory.artifact() : directory.checkpoint();
    if (!is_file_within(file, kMostPhaseFileBytes) || sha256_file(file) != row.sha256) continue;
    if (const auto bytes = static_cast<int64_t>(fs::file_size(file)); bytes != row.bytes)
      return fmt::format("the record says that {} has {} bytes, it has {}", row.path, row.bytes, bytes);
  }
  LoggedFigures logged;
  bool read_eval = false;
  for (const PhaseRow& phase : record.phases) {  // of two passes of one name the later is on record
    const auto log = sealed_log(record, phase, log_of(directory, phase));
    if (!log) continue;
    const auto passes = phase_document(phase).passes;
    if (!passes.empty() && passes != logged_passes(*log))
      return fmt::format("the passes of {} on record are not those of its log", phase.name);
    read_eval |= &phase == record.phase(kEvalPhase);
    LoggedFigures figures = figures_of(record, phase, *log);
    for (const auto& [name, value] : figures.metrics) logged.metrics[name] = value;
    for (auto& [series, points] : figures.curves) logged.curves[series] = std::move(points);
  }
  for (const char* result : {"val_loss", "val_bpb"})
    if (read_eval && record.metrics.contains(result) && !logged.metrics.contains(result))
      return fmt::format("the record has {} {}, the run's log gives no result", result, record.metrics.at(result));
  for (const auto& [name, value] : logged.metrics) {
    if (!std::isfinite(value) || !name.starts_with("val_")) continue;  // the others are sums of what the curves hold
    const auto there = record.metrics.find(name);
    if (there == record.metrics.end()) return fmt::format("the record has no {}, the run's log says {}", name, value);
    if (there->second != value)
      return fmt::format("the record says {} {}, the run's log says {}", name, there->second, value);
  }
  for (const auto& [series, points] : logged.curves)
    if (by_step(store.load_curve(record.run.id, series)) != by_step(points))
      return fmt::format("the curve {} on record is not the one of the run's log", series);
  return "";
}

}  // namespace pgolf
