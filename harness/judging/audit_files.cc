#include "harness/judging/audit_files.h"

#include <fmt/format.h>

#include <istream>

#include "base/error.h"
#include "base/file.h"
#include "base/json_guard.h"
#include "base/message.h"
#include "base/names.h"
#include "base/sha256.h"
#include "db/documents/documents.h"
#include "engine/evidence/result.h"
#include "harness/process/spawn.h"
#include "harness/run/own_files.h"
#include "judge/run_evidence.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kFormatName[] = "pgolf.audit/", kFormat[] = "pgolf.audit/2", kFirstFormat[] = "pgolf.audit/1",
               kNoteFile[] = "audit.json";
constexpr int64_t kMostNoteBytes = 1 << 20, kMostLedgerBytes = 256 << 20;

// The members of the file, once: `visit(key, member)` writes or reads one.
void visit_members(auto&& visit, auto& note) {
  visit("run", note.run), visit("audited_at", note.audited_at), visit("config_sha256", note.config_sha256);
  visit("artifact_sha256", note.artifact_sha256), visit("manifest_sha256", note.manifest_sha256);
  visit("engine_sha256", note.engine_sha256), visit("engine_built_sha256", note.engine_built_sha256);
  visit("cpu", note.cpu), visit("gpu", note.gpu), visit("sandbox", note.sandbox), visit("wall_ms", note.wall_ms);
  visit("events_sha256", note.events_sha256), visit("ledger_head", note.ledger_head);
}
void visit_steps(auto&& visit, auto& note) { visit("seed", note.seed), visit("drawn", note.drawn); }
void visit_replay(auto&& visit, auto& replay) {
  visit("from", replay.from), visit("to", replay.to);
  visit("events_sha256", replay.events_sha256), visit("leaves_sha256", replay.leaves_sha256);
}

Json steps_json(const AuditNote& note) {
  if (note.drawn.empty()) return {};
  Json out = Json::object(), replays = Json::array();
  visit_steps([&](const char* key, const auto& member) { out[key] = member; }, note);
  for (const AuditReplay& replay : note.replays)
    visit_replay([&, &one = replays.emplace_back()](const char* key, const auto& member) { one[key] = member; },
                 replay);
  out["replays"] = replays;
  return out;
}

void read_steps(AuditNote& note, const Json& json, const std::string& name) {
  if (json.is_null()) return;
  visit_steps([&]<class T>(const char* key, T& member) { member = json_get<T>(json, key, name); }, note);
  for (const Json& one : json_get<std::vector<Json>>(json, "replays", name))
    visit_replay([&]<class T>(const char* key, T& member) { member = json_get<T>(one, key, name); },
                 note.replays.emplace_back());
}

std::string events_name() { return std::string(kEvalPhase) + ".events.jsonl"; }

// A line of a ledger, short enough to be told.
std::string shown(const std::string& line) {
  constexpr size_t kMost = 100;
  const std::string body = line.substr(0, line.rfind(",\"hash\":"));
  return as_message(body.size() > kMost ? body.substr(0, kMost) + "..." : body);
}

// The first line that two ledgers do not share; nothing is told of what follows.
void compare_ledgers(AuditFacts& out, const fs::path& there, const fs::path& here) {
  InputFile a(there, kMostLedgerBytes), b(here, kMostLedgerBytes);
  std::string theirs, ours;
  for (int64_t line = 1;; ++line) {
    const bool more_there = static_cast<bool>(std::getline(a, theirs)),
               more_here = static_cast<bool>(std::getline(b, ours));
    if (!more_there && !more_here && a.size() == b.size()) return;
    if (more_there && more_here && theirs == ours) continue;
    out.ledger_at = fmt::format("{}:{}", kLedgerName, line);
    out.ledger_difference = fmt::format("line {} of the ledger: {} there, {} here", line,
                                        more_there ? shown(theirs) : "nothing", more_here ? shown(ours) : "nothing");
    return;
  }
}

std::string fact(const RunRecord& record, const char* name) {
  const auto found = record.environment.find(name);
  return found == record.environment.end() ? "" : found->second;
}

bool same_kind(const RunRecord& record, const AuditNote& note, const char* phase, const EventsFile& there,
               const EventsFile& here) {
  const ComputedBy by = computed_there(record, phase, there.header.build);
  return !by.device.empty() && by == computed_here(note.engine_sha256, note.cpu, note.gpu, here.header.build);
}

// Why the files of the audit are not those that it left; "" if they are.
std::string edited(const fs::path& audit, const AuditNote& note, const RunRecord& record) {
  if (sha256_file(audit / kNoteFile) != fact(record, kAuditFact))
    return "audit.json is not the file that was recorded; `pgolf audit` audits again";
  if (note.run != record.run.id || note.config_sha256 != record.pinned.sha256)
    return "audit.json is of another run or configuration";
  if (sha256_file(audit / events_name(), kMostEventLogBytes) != note.events_sha256)
    return "the audit's event log was edited";
  for (const AuditReplay& replay : note.replays)
    if (sha256_file(audit / replay.events(), kMostEventLogBytes) != replay.events_sha256 ||
        sha256_file(audit / replay.leaves(), kMostPhaseFileBytes) != replay.leaves_sha256)
      return fmt::format("what the audit left of steps {} to {} was edited", replay.from + 1, replay.to);
  return "";
}

// The training's own leaves may be gone: then the step alone is named.
std::string leaf_text(const StepDifference& found, const EventsFile& there, const fs::path& audit,
                      const AuditReplay& replay, const RunDirectory& run) {
  std::error_code no;
  if (!fs::exists(run.leaves(), no)) return "its leaves are not there";
  try {
    return first_leaf_difference(found.step, root_of(there, found.step), LeavesFile(run.leaves()),
                                 LeavesFile(audit / replay.leaves()));
  } catch (const Error& e) {
    return without_path(e.what(), run.states());
  }
}

void compare_steps(AuditFacts& out, const AuditNote& note, const RunRecord& record, const fs::path& audit,
                   const RunDirectory& run) {
  if (note.drawn.empty()) return;
  StepAudit& steps = out.steps.emplace();
  steps.seed = note.seed, steps.drawn = note.drawn, steps.same_kind = true;
  const EventsFile there = read_events(run.events(kTrainPhase));
  StepDifference first;
  const AuditReplay* where = nullptr;
  for (const AuditReplay& replay : note.replays) {
    const EventsFile here = read_events(audit / replay.events());
    steps.replayed += replay.to - replay.from;
    steps.same_kind = steps.same_kind && same_kind(record, note, kTrainPhase, there, here);
    const StepDifference found = first_step_difference(there, here);
    if (found.step > 0 && (first.step == 0 || found.step < first.step)) first = found, where = &replay;
  }
  if (first.step == 0) return;
  steps.difference = fmt::format("{}; {}", first.text, leaf_text(first, there, audit, *where, run));
  const std::string log = run.events(kTrainPhase).filename().string();
  steps.difference_at = first.line > 0 ? fmt::format("{}:{}", log, first.line) : log;
}

void compare(AuditFacts& out, const AuditNote& note, const RunRecord& record, const fs::path& audit,
             const fs::path& run) {
  const EventsFile there = read_events(run / events_name());
  out.log = read_events(audit / events_name());
  const ReportedResult theirs = reported_result(there), ours = reported_result(*out.log);
  if (theirs.event && theirs.problem.empty()) out.claimed_bpb = theirs.event->val_bpb;
  if (ours.event && ours.problem.empty()) out.found_bpb = ours.event->val_bpb;
  out.same_kind = same_kind(record, note, kEvalPhase, there, *out.log);
  const FirstDifference found = first_difference(there, *out.log);
  out.difference = found.text;
  if (!found.text.empty())
    out.difference_at = found.line > 0 ? fmt::format("{}:{}", events_name(), found.line) : events_name();
  compare_ledgers(out, run / kLedgerName, audit / kLedgerName);
}

}  // namespace

std::string AuditReplay::events() const { return fmt::format("steps-{:07}.events.jsonl", from); }
std::string AuditReplay::leaves() const { return fmt::format("steps-{:07}.leaves.bin", from); }

ComputedBy computed_there(const RunRecord& record, const char* phase, const std::string& build) {
  const PhaseRow* row = record.phase(phase);
  const std::string gpus = fact(record, "gpu");
  return computed_here(row ? phase_document(*row).engine_sha256 : "", fact(record, "cpu"),
                       gpus.substr(0, gpus.find(", ")), build);
}

ComputedBy computed_here(const std::string& engine_sha256, const std::string& cpu, const std::string& gpu,
                         const std::string& build) {
  const std::string kind = device_kind(build);
  return {engine_sha256, kind.empty() ? "" : kind + " " + (kind == "cpu" ? cpu : gpu)};
}

fs::path audit_directory(const Workspace& workspace, const std::string& run) {
  return workspace.home / "audits" / workspace.run(run).root().filename();
}

void write_audit_note(const fs::path& directory, const AuditNote& note) {
  Json out = {{"format", kFormat}};
  visit_members([&](const char* key, const auto& member) { out[key] = member; }, note);
  out["steps"] = steps_json(note);
  write_file_atomic(directory / kNoteFile, out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

AuditNote read_audit_note(const fs::path& directory) {
  const std::string name = (directory / kNoteFile).string();
  const Json json = parse_json(read_text(directory / kNoteFile, kMostNoteBytes), name);
  const auto format = json_get<std::string>(json, "format", name);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not the note of an audit", name);
  if (format != kFormat && format != kFirstFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", name, format, kFormat);
  AuditNote out;
  visit_members([&]<class T>(const char* key, T& member) { member = json_get<T>(json, key, name); }, out);
  if (format == kFormat) read_steps(out, json_get<Json>(json, "steps", name), name);
  return out;
}

std::optional<AuditFacts> audit_facts(const RunRecord& record, const Workspace& workspace, const fs::path& directory) {
  if (fact(record, kAuditFact).empty()) return std::nullopt;
  AuditFacts out;
  const fs::path audit = audit_directory(workspace, record.run.id);
  try {
    const AuditNote note = read_audit_note(audit);
    out.problem = edited(audit, note, record);
    if (!out.problem.empty()) return out;
    out.audited_at = note.audited_at, out.artifact_sha256 = note.artifact_sha256;
    out.device = note.gpu.empty() ? note.cpu : note.gpu;
    out.own_engine = !note.engine_sha256.empty() && note.engine_sha256 == note.engine_built_sha256;
    compare(out, note, record, audit, directory);
    compare_steps(out, note, record, audit, RunDirectory(directory));
  } catch (const Error& e) {
    out.problem = "the audit cannot be held against the run: " + without_path(without_path(e.what(), audit), directory);
  }
  return out;
}

}  // namespace pgolf
