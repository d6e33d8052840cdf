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
#include "harness/run/own_files.h"
#include "judge/run_evidence.h"

namespace pgolf {
namespace fs = std::filesystem;
namespace {

constexpr char kFormatName[] = "pgolf.audit/", kFormat[] = "pgolf.audit/1", kNoteFile[] = "audit.json";
constexpr int64_t kMostNoteBytes = 1 << 20, kMostLedgerBytes = 256 << 20;

// The members of the file, once: `visit(key, member)` writes or reads one.
void visit_members(auto&& visit, auto& note) {
  visit("run", note.run), visit("audited_at", note.audited_at), visit("config_sha256", note.config_sha256);
  visit("artifact_sha256", note.artifact_sha256), visit("manifest_sha256", note.manifest_sha256);
  visit("engine_sha256", note.engine_sha256), visit("engine_built_sha256", note.engine_built_sha256);
  visit("cpu", note.cpu), visit("gpu", note.gpu), visit("sandbox", note.sandbox), visit("wall_ms", note.wall_ms);
  visit("events_sha256", note.events_sha256), visit("ledger_head", note.ledger_head);
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

// The engine that evaluated a run, and where.
struct Evaluated {
  std::string engine_sha256, device;
  bool operator==(const Evaluated&) const = default;
};

std::string fact(const RunRecord& record, const char* name) {
  const auto found = record.environment.find(name);
  return found == record.environment.end() ? "" : found->second;
}

Evaluated evaluated_there(const RunRecord& record, const std::string& kind) {
  const PhaseRow* eval = record.phase(kEvalPhase);
  const std::string gpus = fact(record, "gpu");
  return {eval ? phase_document(*eval).engine_sha256 : "",
          kind + " " + (kind == "cpu" ? fact(record, "cpu") : gpus.substr(0, gpus.find(", ")))};
}

Evaluated evaluated_here(const AuditNote& note, const std::string& kind) {
  return {note.engine_sha256, kind + " " + (kind == "cpu" ? note.cpu : note.gpu)};
}

// Why the files of the audit are not those that it left; "" if they are.
std::string edited(const fs::path& audit, const AuditNote& note, const RunRecord& record) {
  if (sha256_file(audit / kNoteFile) != fact(record, kAuditFact))
    return "audit.json is not the file that was recorded; `pgolf audit` audits again";
  if (note.run != record.run.id || note.config_sha256 != record.pinned.sha256)
    return "audit.json is of another run or configuration";
  if (sha256_file(audit / events_name()) != note.events_sha256) return "the audit's event log was edited";
  return "";
}

void compare(AuditFacts& out, const AuditNote& note, const RunRecord& record, const fs::path& audit,
             const fs::path& run) {
  const EventsFile there = read_events(run / events_name());
  out.log = read_events(audit / events_name());
  const ReportedResult theirs = reported_result(there), ours = reported_result(*out.log);
  if (theirs.event && theirs.problem.empty()) out.claimed_bpb = theirs.event->val_bpb;
  if (ours.event && ours.problem.empty()) out.found_bpb = ours.event->val_bpb;
  const std::string kind_there = device_kind(there.header.build), kind_here = device_kind(out.log->header.build);
  out.same_kind = !kind_there.empty() && !kind_here.empty() &&
                  evaluated_there(record, kind_there) == evaluated_here(note, kind_here);
  const FirstDifference found = first_difference(there, *out.log);
  out.difference = found.text;
  if (!found.text.empty())
    out.difference_at = found.line > 0 ? fmt::format("{}:{}", events_name(), found.line) : events_name();
  compare_ledgers(out, run / kLedgerName, audit / kLedgerName);
}

}  // namespace

fs::path audit_directory(const Workspace& workspace, const std::string& run) {
  return workspace.home / "audits" / workspace.run(run).root().filename();
}

void write_audit_note(const fs::path& directory, const AuditNote& note) {
  Json out = {{"format", kFormat}};
  visit_members([&](const char* key, const auto& member) { out[key] = member; }, note);
  write_file_atomic(directory / kNoteFile, out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

AuditNote read_audit_note(const fs::path& directory) {
  const std::string name = (directory / kNoteFile).string();
  const Json json = parse_json(read_text(directory / kNoteFile, kMostNoteBytes), name);
  const auto format = json_get<std::string>(json, "format", name);
  if (!format.starts_with(kFormatName)) fail(ErrorKind::submission, "{}: not the note of an audit", name);
  if (format != kFormat)
    fail(ErrorKind::submission, "{}: format {}, this program reads {}; use a newer pgolf", name, format, kFormat);
  AuditNote out;
  visit_members([&]<class T>(const char* key, T& member) { member = json_get<T>(json, key, name); }, out);
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
  } catch (const Error& e) {
    out.problem = "the audit cannot be held against the run: " + without_path(without_path(e.what(), audit), directory);
  }
  return out;
}

}  // namespace pgolf
