#include "harness/audit/place.h"

#include "base/error.h"
#include "base/file.h"
#include "base/names.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "engine/evidence/schedule.h"
#include "harness/process/interrupts.h"
#include "harness/run/own_files.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr double kLimit_s = 24 * 3600;
constexpr char kViews[] = "data";

// Of a run whose configuration has a limit of time.
void write_clock(const Audited& audited, const fs::path& path) {
  Schedule schedule;
  schedule.replay_of = audited.record.run.id, schedule.config_sha256 = pinned_sha256(audited.pinned);
  const fs::path log = audited.directory.events(kEvalPhase);
  schedule.eval = eval_schedule(read_events(log), log.string());
  write_schedule(path, schedule);
}

std::string part_of(const std::string& phase) { return phase == kTrainPhase ? kPartTrainLoop : kPartEval; }

}  // namespace

Audited audited_run(const Store& store, const Workspace& workspace, const std::string& run) {
  RunRecord record = store.load_run(run);
  check_counts(record);
  RunDirectory directory = workspace.run(run);
  check_own(directory);
  if (!is_final(record.run.state))
    fail(ErrorKind::usage, "run {} is {}; it can be audited when it has ended", run, run_state_name(record.run.state));
  if (!record.artifact() || !record.metric("val_bpb"))
    fail(ErrorKind::usage, "run {} has no {}; there is nothing to audit", run,
         record.artifact() ? "result" : "artifact");
  if (const std::string now = sha256_file(directory.artifact()); now != record.artifact()->sha256)
    fail(ErrorKind::submission, "{}: not the artifact that was recorded; its SHA-256 was {}",
         directory.artifact().string(), record.artifact()->sha256);
  Pinned pinned = pinned_from_json(Json::parse(record.pinned.document), "run " + run);
  return {std::move(record), std::move(pinned), std::move(directory)};
}

AuditPlace::AuditPlace(Store& store, const Workspace& workspace, const Audited& audited)
    : home_(workspace.home), work_(WorkDirectory::of_audit(store, workspace)), directory_(work_.path()) {
  write_pinned(directory_.pinned(), audited.pinned);
  copy_file_atomic(audited.directory.artifact(), directory_.artifact());
  if (audited.pinned.config.ttt.time_limit_seconds > 0) write_clock(audited, directory_.schedule());
}

DataView AuditPlace::view(const DataManifest& data, const std::string& half, bool sandboxed) const {
  const fs::path no_memory = directory_.root() / "hashes.json";  // is not there
  return view_of(data, half, directory_.root() / kViews / half, sandboxed, no_memory);
}

double AuditPlace::run(const Work& work, const DataView& view, const RunOptions& options,
                       const Sandbox& sandbox) const {
  EnginePhase engine{.phase = work.phase,
                     .arguments = {"--data", view.data.string()},
                     .files = {view.readable, directory_.scratch(work.phase), view.hidden},
                     .limit = PhaseLimit{kLimit_s * 1e3, ""}};
  fs::create_directories(directory_.scratch(work.phase));
  engine.files.hidden.push_back(home_);
  engine.files.readable.push_back(directory_.pinned());
  engine.files.readable.insert(engine.files.readable.end(), work.readable.begin(), work.readable.end());
  engine.arguments.insert(engine.arguments.end(), work.arguments.begin(), work.arguments.end());
  if (fs::exists(directory_.schedule())) {
    engine.arguments.insert(engine.arguments.end(), {"--schedule", directory_.schedule().string()});
    engine.files.readable.push_back(directory_.schedule());
  }
  if (const auto limit = options.limits_s.find(work.phase); limit != options.limits_s.end())
    engine.limit = PhaseLimit{limit->second * 1e3, part_of(work.phase)};

  Progress progress("audit", work.total, work.unit);
  PhaseObserver observer;
  observer.progress = [&](const EventTail& tail, double) {
    progress.update(work.phase == kTrainPhase ? tail.step() : tail.stream_targets(), tail.part());
  };
  const PhaseEnd end = supervise(command_of(engine, options, sandbox, directory_), observer);
  progress.finish(outcome_name(end.outcome));
  if (end.outcome == Outcome::interrupted) throw Interrupted{"audit: interrupted; nothing was recorded"};
  directory_.end_phase(work.phase);
  std::string why = end.outcome != Outcome::ok ? end.message
                    : !end.denied.empty()      ? "it tried what it may not: " + attempts_text(end.denied)
                                               : "";
  for (const fs::path& file : work.leaves)
    if (std::error_code no; why.empty() && !fs::exists(file, no)) why = "it left no " + file.filename().string();
  if (why.empty()) return end.wall_ms;
  throw Error(end.outcome == Outcome::ok ? ErrorKind::submission : static_cast<ErrorKind>(exit_code_of(end)),
              fmt::format("audit: {}: {}", work.failure, why));
}

void AuditPlace::become(const fs::path& target) {
  for (const fs::path& given : {directory_.pinned(), directory_.artifact(), directory_.schedule(), directory_.lock()})
    fs::remove(given);
  remove_tree(directory_.root() / kViews);
  remove_tree(target);
  work_.become(target);
  work_.keep();
}

}  // namespace pgolf
