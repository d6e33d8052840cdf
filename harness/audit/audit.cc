#include "harness/audit/audit.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/names.h"
#include "base/notice.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/utc.h"
#include "db/documents/documents.h"
#include "engine/evidence/ledger.h"
#include "engine/evidence/schedule.h"
#include "harness/judging/find_data.h"
#include "harness/process/file_lock.h"
#include "harness/process/interrupts.h"
#include "harness/run/data_source.h"
#include "harness/run/data_view.h"
#include "harness/run/disk_need.h"
#include "harness/run/engine_phase.h"
#include "harness/run/engine_tool.h"
#include "harness/run/environment.h"
#include "harness/run/own_files.h"
#include "harness/run/preflight.h"
#include "identity/identity.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr double kLimit_s = 24 * 3600;

// What is audited, as the record has it.
struct Audited {
  RunRecord record;
  Pinned pinned;
  fs::path artifact, events;
};

Audited audited_run(const Store& store, const Workspace& workspace, const std::string& run) {
  RunRecord record = store.load_run(run);
  check_counts(record);
  const RunDirectory directory = workspace.run(run);
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
  return {std::move(record), std::move(pinned), directory.artifact(), directory.events(kEvalPhase)};
}

DataManifest data_of_run(const Audited& audited, const Workspace& workspace, fs::path directory) {
  const std::string& run = audited.record.run.id;
  const std::string wanted = audited.pinned.data ? audited.pinned.data->manifest_sha256 : "";
  if (directory.empty()) directory = find_data(audited.record, workspace, wanted);
  if (directory.empty())
    fail(ErrorKind::not_found,
         "run {}: its data are not here, whose manifest has SHA-256 {}; prepare them below {} or name them with --data",
         run, wanted, (workspace.home / "data").string());
  DataManifest data = load_manifest(directory);
  if (data.sha256 != wanted)
    fail(ErrorKind::usage, "{}: not the data of run {}; its manifest had SHA-256 {}", directory.string(), run, wanted);
  check_files(data, false);
  return data;
}

// The directory of the second evaluation, and what is laid there for it.
class Place {
 public:
  Place(const Workspace& workspace, const Audited& audited)
      : scratch_(own_directory(workspace, "audits"), ".audit"), root_(scratch_.path()) {
    fs::create_directories(root_.scratch(kEvalPhase));
    write_pinned(root_.pinned(), audited.pinned);
    copy_file_atomic(audited.artifact, root_.artifact());
    if (audited.pinned.config.ttt.time_limit_seconds > 0) write_clock(audited);
  }
  const RunDirectory& root() const { return root_; }

  fs::path view() const { return root_.root() / "data"; }

  // What is left is the audit's, in the place of an earlier one.
  void become(const fs::path& target) const {
    for (const fs::path& given : {root_.pinned(), root_.artifact(), root_.schedule()}) fs::remove(given);
    remove_tree(view());
    remove_tree(target);
    fs::permissions(root_.root(), fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                                      fs::perms::others_read | fs::perms::others_exec);
    fs::rename(root_.root(), target);
  }

 private:
  // Where a limit of time stopped the adaptation of the run, it stops here, too.
  void write_clock(const Audited& audited) const {
    Schedule schedule;
    schedule.replay_of = audited.record.run.id, schedule.config_sha256 = pinned_sha256(audited.pinned);
    schedule.eval = eval_schedule(read_events(audited.events), audited.events.string());
    write_schedule(root_.schedule(), schedule);
  }

  ScratchDirectory scratch_;
  RunDirectory root_;
};

// Evaluates what lies there, and sees nothing else of the home.
EnginePhase evaluation_of(const RunOptions& options, const RunDirectory& place, const DataView& view,
                          const fs::path& home) {
  EnginePhase out{.phase = kEvalPhase,
                  .arguments = {"--data", view.data.string(), "--artifact", place.artifact().string()},
                  .files = {.readable = view.readable, .writable = place.scratch(kEvalPhase), .hidden = view.hidden},
                  .limit = PhaseLimit{kLimit_s * 1e3, ""}};
  out.files.hidden.push_back(home);
  out.files.readable.insert(out.files.readable.end(), {place.pinned(), place.artifact()});
  if (fs::exists(place.schedule())) {
    out.arguments.insert(out.arguments.end(), {"--schedule", place.schedule().string()});
    out.files.readable.push_back(place.schedule());
  }
  if (const auto limit = options.limits_s.find(kEvalPhase); limit != options.limits_s.end())
    out.limit = PhaseLimit{limit->second * 1e3, kPartEval};
  return out;
}

// Runs the phase. Returns its time.
double score(const PhaseCommand& command, const RunDirectory& place, int64_t targets) {
  Progress progress("audit", targets, "targets");
  PhaseObserver observer;
  observer.progress = [&](const EventTail& tail, double) { progress.update(tail.stream_targets(), tail.part()); };
  const PhaseEnd end = supervise(command, observer);
  progress.finish(outcome_name(end.outcome));
  if (end.outcome == Outcome::interrupted) throw Interrupted{"audit: interrupted; nothing was recorded"};
  place.end_phase(kEvalPhase);
  const std::string missing = place.missing_product(kEvalPhase);
  if (end.outcome == Outcome::ok && missing.empty() && end.denied.empty()) return end.wall_ms;
  const std::string why = end.outcome != Outcome::ok ? end.message
                          : !end.denied.empty()      ? "it tried what it may not: " + attempts_text(end.denied)
                                                     : "it left no " + missing;
  throw Error(end.outcome == Outcome::ok ? ErrorKind::submission : static_cast<ErrorKind>(exit_code_of(end)),
              fmt::format("audit: the artifact was not scored: {}", why));
}

// The text that was scored is the one of the manifest, by the hashes of its files now.
void check_text(const EventsFile& events, const DataManifest& data) {
  const auto is_known = [&](const DataEvent& file) {
    const auto same = [&](const FileEntry& entry) { return entry.sha256 == file.sha256; };
    return std::any_of(data.val.shards.begin(), data.val.shards.end(), same) ||
           std::any_of(data.val_byte_shards.begin(), data.val_byte_shards.end(), same) || same(data.tokenizer);
  };
  for (const EventRecord& record : events.events)
    if (const auto* file = std::get_if<DataEvent>(&record.event);
        file && (file->role == "val" || file->role == "tokenizer") && !is_known(*file))
      fail(ErrorKind::submission, "{}: {} is not the file of its manifest; `pgolf data verify` says more",
           data.directory.string(), file->path);
}

AuditNote note_of(const Audited& audited, const RunOptions& options, const Sandbox& sandbox, const DataManifest& data,
                  const RunDirectory& place, const std::string& engine_sha256, double wall_ms) {
  const EventsFile events = read_events(place.events(kEvalPhase));
  check_text(events, data);
  const auto facts = environment_facts(options.engine);
  const auto fact = [&](const char* name) { return facts.contains(name) ? facts.at(name) : std::string(); };
  const bool on_gpu = events.header.build.find("cuda") != std::string::npos;
  return {.run = audited.record.run.id,
          .audited_at = utc_now(),
          .config_sha256 = pinned_sha256(audited.pinned),
          .artifact_sha256 = sha256_file(place.artifact()),
          .manifest_sha256 = data.sha256,
          .engine_sha256 = engine_sha256,
          .engine_built_sha256 = built_engine_sha256(),
          .cpu = fact("cpu"),
          .gpu = on_gpu ? gpu_of(options.device) : "",
          .sandbox = sandbox.level(),
          .wall_ms = wall_ms,
          .events_sha256 = sha256_file(place.events(kEvalPhase)),
          .ledger_head = read_ledger(place.ledger(), [](const LedgerHeader&, const LedgerRecord&) {}).head};
}

}  // namespace

AuditNote audit_run(Store& store, const Workspace& workspace, const std::string& run, const RunOptions& options,
                    const fs::path& directory) {
  const auto lock = FileLock::try_lock(workspace.run(run).lock());
  if (!lock) fail(ErrorKind::usage, "run {} is being worked on by another pgolf", run);
  const Audited audited = audited_run(store, workspace, run);
  const DataManifest data = data_of_run(audited, workspace, directory);
  const Sandbox sandbox = Sandbox::choose(options.sandbox, options.engine);
  check_phases({kEvalPhase}, audited.pinned, options, sandbox);
  check_disk(workspace.home, disk_bytes(audited.pinned, kEvalPhase, {data.val.tokens - 1, data.val.documents}));
  const Place place(workspace, audited);
  const fs::path no_memory = place.root().root() / "hashes.json";  // is not there: every file is hashed now
  const DataView view = view_of(data, "val", place.view(), sandbox.isolates(), no_memory);
  const std::string engine_sha256 = sha256_file(options.engine);
  notice("audit of run {}: its artifact is scored again; sandbox: {}", run, sandbox.level());
  const EnginePhase evaluation = evaluation_of(options, place.root(), view, workspace.home);
  const double wall_ms =
      score(command_of(evaluation, options, sandbox, place.root()), place.root(), data.val.tokens - 1);
  const AuditNote note = note_of(audited, options, sandbox, data, place.root(), engine_sha256, wall_ms);
  write_audit_note(place.root().root(), note);
  const std::string sha256 = sha256_file(place.root().root() / "audit.json");
  store.transact([&] {
    store.put_environment(run, {{kAuditFact, sha256}, {kAuditDataFact, fs::absolute(data.directory).string()}});
    place.become(audit_directory(workspace, run));
  });
  return note;
}

}  // namespace pgolf
