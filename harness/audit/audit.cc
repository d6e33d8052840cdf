#include "harness/audit/audit.h"

#include <algorithm>

#include "base/error.h"
#include "base/names.h"
#include "base/notice.h"
#include "base/sha256.h"
#include "base/utc.h"
#include "engine/evidence/ledger.h"
#include "harness/judging/find_data.h"
#include "harness/process/file_lock.h"
#include "harness/run/data_source.h"
#include "harness/run/disk_need.h"
#include "harness/run/environment.h"
#include "harness/run/preflight.h"
#include "identity/identity.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

// With the training text where steps are trained again.
DataManifest data_of_run(const Audited& audited, const Workspace& workspace, fs::path directory, bool training) {
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
  check_files(data, training);
  return data;
}

// What was read is what the manifest names, by the hashes of the files now.
void check_text(const EventsFile& events, const DataManifest& data) {
  const auto is_known = [&](const DataEvent& file) {
    const auto same = [&](const FileEntry& entry) { return entry.sha256 == file.sha256; };
    const auto& shards = file.role == "train" ? data.train.shards : data.val.shards;
    return std::any_of(shards.begin(), shards.end(), same) ||
           (file.role == "val" && std::any_of(data.val_byte_shards.begin(), data.val_byte_shards.end(), same)) ||
           (file.role == "tokenizer" && same(data.tokenizer));
  };
  for (const EventRecord& record : events.events)
    if (const auto* file = std::get_if<DataEvent>(&record.event);
        file && (file->role == "train" || file->role == "val" || file->role == "tokenizer") && !is_known(*file))
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
                    const fs::path& directory, const StepDraw& draw) {
  const auto lock = FileLock::try_lock(workspace.run(run).lock());
  if (!lock) fail(ErrorKind::usage, "run {} is being worked on by another pgolf", run);
  const Audited audited = audited_run(store, workspace, run);
  const std::string engine_sha256 = sha256_file(options.engine);
  const bool trains = draw.count > 0;
  if (trains) check_steps(audited, options, engine_sha256);
  const DataManifest data = data_of_run(audited, workspace, directory, trains);
  const Sandbox sandbox = Sandbox::choose(options.sandbox, options.engine);
  check_phases(trains ? std::vector<std::string>{kTrainPhase, kEvalPhase} : std::vector<std::string>{kEvalPhase},
               audited.pinned, options, sandbox);
  check_disk(workspace.home, disk_bytes(audited.pinned, kEvalPhase, {data.val.tokens - 1, data.val.documents}));
  AuditPlace place(store, workspace, audited);
  const RunDirectory& here = place.directory();
  notice("audit of run {}: its artifact is scored again; sandbox: {}", run, sandbox.level());
  const double wall_ms = place.run({.phase = kEvalPhase,
                                    .arguments = {"--artifact", here.artifact().string()},
                                    .readable = {here.artifact()},
                                    .leaves = {here.events(kEvalPhase), here.ledger()},
                                    .total = data.val.tokens - 1,
                                    .unit = "targets",
                                    .failure = "the artifact was not scored"},
                                   place.view(data, "val", sandbox.isolates()), options, sandbox);
  AuditNote note = note_of(audited, options, sandbox, data, here, engine_sha256, wall_ms);
  if (trains) replay_steps(note, audited, place, data, options, sandbox, draw);
  for (const AuditReplay& replay : note.replays) check_text(read_events(here.root() / replay.events()), data);
  write_audit_note(here.root(), note);
  const std::string sha256 = sha256_file(here.root() / "audit.json");
  store.transact([&] {
    store.put_environment(run, {{kAuditFact, sha256}, {kAuditDataFact, fs::absolute(data.directory).string()}});
    place.become(audit_directory(workspace, run));
  });
  return note;
}

}  // namespace pgolf
