#include "harness/bundle/rows.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/error.h"
#include "base/json_guard.h"
#include "base/message.h"
#include "base/utc.h"
#include "db/documents/documents.h"
#include "harness/judging/audit_files.h"

namespace pgolf {
namespace {

constexpr size_t kMostRows = 10'000;
constexpr const char* kOfAudits[] = {kAuditFact, kAuditDataFact};  // an audit is of who made it
constexpr int64_t kMostAttempts = 1000;
constexpr size_t kMostText = 64 << 10, kMostDocument = 4 << 20;  // bytes; the record's own are some hundred and some kB

// A member that may be null.
template <class T>
std::optional<T> maybe(const Json& object, const char* key, std::string_view origin) {
  const Json value = json_get<Json>(object, key, origin);
  if (value.is_null()) return std::nullopt;
  return json_get<T>(object, key, origin);
}

std::optional<int64_t> maybe_integer(const Json& object, const char* key, std::string_view origin) {
  if (json_get<Json>(object, key, origin).is_null()) return std::nullopt;
  return json_integer(object, key, origin);
}

// Milliseconds, which are never less than none.
std::optional<double> duration(const Json& object, const char* key, std::string_view origin) {
  const auto out = maybe<double>(object, key, origin);
  if (out && (!std::isfinite(*out) || *out < 0))
    fail(ErrorKind::submission, "{}: {} of '{}' are no time", origin, *out, key);
  return out;
}

std::string text(const Json& object, const char* key, std::string_view origin, size_t most = kMostText) {
  std::string out = json_get<std::string>(object, key, origin);
  if (out.size() > most) fail(ErrorKind::limit, "{}: '{}' has {} bytes, {} at most", origin, key, out.size(), most);
  return out;
}

std::string sandbox(const Json& object, std::string_view origin) {
  std::string out = text(object, "sandbox", origin);
  if (!out.empty() && out != "none" && out != "bubblewrap")
    fail(ErrorKind::submission, "{}: '{:.40}' is no sandbox", origin, as_message(out));
  return out;
}

std::string command(const Json& object, std::string_view origin) {
  const auto words = json_get<std::vector<std::string>>(object, "command", origin);
  const Json out = words;
  if (words.size() > kMostRows || out.dump().size() > kMostDocument)
    fail(ErrorKind::limit, "{}: a command of {} words", origin, words.size());
  return out.dump();
}

// A time as this program writes it; "" where there was none.
std::string date(const Json& object, const char* key, std::string_view origin) {
  std::string out = text(object, key, origin);
  if (!out.empty() && !is_utc(out)) fail(ErrorKind::submission, "{}: '{:.40}' of '{}' is no time", origin, out, key);
  return out;
}

const Json& array(const Json& object, const char* key, std::string_view origin) {
  if (!object.contains(key) || !object.at(key).is_array()) fail_json_key(origin, key, !object.contains(key));
  if (object.at(key).size() > kMostRows)
    fail(ErrorKind::limit, "{}: '{}' has {} rows", origin, key, object.at(key).size());
  return object.at(key);
}

RunState state_of(const Json& object, std::string_view origin) {
  const std::string name = text(object, "state", origin);
  try {
    return run_state_from(name);
  } catch (const Error&) {
    fail(ErrorKind::submission, "{}: '{:.40}' is no state of a run", origin, name);
  }
}

Json phase_to_json(const PhaseRow& p) {
  return {{"name", p.name},
          {"attempt", p.attempt},
          {"directory", p.directory},
          {"started_at", p.started_at},
          {"pid", p.pid},
          {"pid_start", p.pid_start},
          {"sandbox", p.sandbox},
          {"limit_ms", or_null(p.limit_ms)},
          {"wall_ms", or_null(p.wall_ms)},
          {"cpu_ms", or_null(p.cpu_ms)},
          {"max_rss_bytes", or_null(p.max_rss_bytes)},
          {"exit_code", or_null(p.exit_code)},
          {"signal", or_null(p.signal)},
          {"outcome", p.outcome},
          {"message", p.message},
          {"document", p.document}};
}

PhaseRow phase_from_json(const Json& json, const std::string& run, std::string_view origin) {
  PhaseRow out;
  out.run = run;
  out.name = text(json, "name", origin);
  if (!is_phase_name(out.name)) fail(ErrorKind::submission, "{}: '{:.40}' is no phase of a run", origin, out.name);
  out.attempt = json_integer(json, "attempt", origin);
  if (out.attempt < 1 || out.attempt > kMostAttempts)
    fail(ErrorKind::submission, "{}: attempt {} at {}", origin, out.attempt, out.name);
  out.directory = std::string(".");  // GCC 12 warns about the assignment of a literal
  out.started_at = date(json, "started_at", origin);
  out.pid = json_integer(json, "pid", origin);
  out.pid_start = json_integer(json, "pid_start", origin);
  out.sandbox = sandbox(json, origin);
  out.limit_ms = duration(json, "limit_ms", origin);
  out.wall_ms = duration(json, "wall_ms", origin);
  out.cpu_ms = duration(json, "cpu_ms", origin);
  out.max_rss_bytes = maybe_integer(json, "max_rss_bytes", origin);
  out.exit_code = maybe_integer(json, "exit_code", origin);
  out.signal = maybe_integer(json, "signal", origin);
  out.outcome = text(json, "outcome", origin);
  out.message = text(json, "message", origin);
  out.document = text(json, "document", origin, kMostDocument);
  parse_phase_document(out.document, origin);  // later readers rely on it
  return out;
}

ArtifactRow artifact_from_json(const Json& json, const std::string& run, std::string_view origin) {
  ArtifactRow out;
  out.run = run;
  out.name = text(json, "name", origin), out.path = text(json, "path", origin);
  if (out.path.find('/') != std::string::npos || out.path.starts_with("."))
    fail(ErrorKind::submission, "{}: '{:.60}' is no file of a run", origin, out.path);
  out.sha256 = text(json, "sha256", origin), out.bytes = json_integer(json, "bytes", origin);
  out.document = text(json, "document", origin, kMostDocument);
  if (parse_artifact_document(out.document, origin).classes.size() > kMostRows)
    fail(ErrorKind::limit, "{}: 'classes' has more than {} rows", origin, kMostRows);
  out.saved_at = date(json, "saved_at", origin);
  return out;
}

}  // namespace

Json rows_to_json(const RunRecord& r) {
  Json out;
  const bool withdrawn = !r.run.withdrawn_at.empty();
  out["format"] = withdrawn ? kWithdrawnRowsFormat : kBundleRowsFormat;
  out["run"] = {{"id", r.run.id},
                {"state", run_state_name(r.run.state)},
                {"command", command_of(r.run)},
                {"created_at", r.run.created_at},
                {"ended_at", r.run.ended_at},
                {"heartbeat_at", r.run.heartbeat_at},
                {"failure", {{"kind", r.run.failure.kind}, {"message", r.run.failure.message}}},
                {"boot_id", r.run.supervisor.boot_id},
                {"pid", r.run.supervisor.pid},
                {"pid_start", r.run.supervisor.start}};
  if (withdrawn) out["run"]["withdrawn"] = {{"at", r.run.withdrawn_at}, {"reason", r.run.withdrawn_reason}};
  out["transitions"] = Json::array();
  for (const Transition& t : r.transitions)
    out["transitions"].push_back({{"state", run_state_name(t.state)}, {"at", t.at}});
  out["phases"] = Json::array();
  for (const PhaseRow& p : r.phases) out["phases"].push_back(phase_to_json(p));
  out["artifacts"] = Json::array();
  for (const ArtifactRow& a : r.artifacts)
    out["artifacts"].push_back({{"name", a.name},
                                {"path", a.path},
                                {"bytes", a.bytes},
                                {"sha256", a.sha256},
                                {"document", a.document},
                                {"saved_at", a.saved_at}});
  out["replay"] = !r.replay ? Json()
                            : Json{{"replay_of", r.replay->replay_of},
                                   {"schedule_sha256", r.replay->schedule_sha256},
                                   {"artifact_sha256", r.replay->artifact_sha256}};
  out["environment"] = r.environment;
  for (const char* fact : kOfAudits) out["environment"].erase(fact);
  return out;
}

RunRecord rows_from_json(const Json& json, std::string_view origin) {
  const auto format = json_get<std::string>(json, "format", origin);
  if (format != kBundleRowsFormat && format != kWithdrawnRowsFormat)
    fail(ErrorKind::submission, "{}: format '{:.40}' is not '{}'", origin, format, kBundleRowsFormat);
  RunRecord out;
  const Json run = json_get<Json>(json, "run", origin);
  out.run.id = out.run.directory = text(run, "id", origin);
  out.run.state = state_of(run, origin);
  if (!is_final(out.run.state))
    fail(ErrorKind::submission, "{}: the run is {}; only runs that ended are bundled", origin,
         run_state_name(out.run.state));
  out.run.command = command(run, origin);
  out.run.created_at = date(run, "created_at", origin), out.run.ended_at = date(run, "ended_at", origin);
  if (out.run.created_at.empty()) fail(ErrorKind::submission, "{}: the run has no time", origin);
  out.run.heartbeat_at = date(run, "heartbeat_at", origin);
  if (format == kWithdrawnRowsFormat) {
    const Json withdrawn = json_get<Json>(run, "withdrawn", origin);
    out.run.withdrawn_at = date(withdrawn, "at", origin);
    out.run.withdrawn_reason = as_message(text(withdrawn, "reason", origin).substr(0, 500));
    if (out.run.withdrawn_at.empty()) fail(ErrorKind::submission, "{}: withdrawn, but not when", origin);
  }
  const Json failure = json_get<Json>(run, "failure", origin);
  out.run.failure = {text(failure, "kind", origin), text(failure, "message", origin)};
  out.run.supervisor = {text(run, "boot_id", origin), json_integer(run, "pid", origin),
                        json_integer(run, "pid_start", origin)};
  for (const Json& t : array(json, "transitions", origin))
    out.transitions.push_back({state_of(t, origin), date(t, "at", origin)});
  std::set<std::string> seen;
  for (const Json& p : array(json, "phases", origin)) {
    out.phases.push_back(phase_from_json(p, out.run.id, origin));
    const PhaseRow& phase = out.phases.back();
    if (!seen.insert(fmt::format("{} {}", phase.name, phase.attempt)).second)
      fail(ErrorKind::submission, "{}: attempt {} at {} comes twice", origin, phase.attempt, phase.name);
  }
  for (const Json& a : array(json, "artifacts", origin)) {
    out.artifacts.push_back(artifact_from_json(a, out.run.id, origin));
    if (!seen.insert(out.artifacts.back().name).second)
      fail(ErrorKind::submission, "{}: artifact '{:.40}' comes twice", origin, out.artifacts.back().name);
  }
  if (const Json replay = json_get<Json>(json, "replay", origin); !replay.is_null())
    out.replay = ReplayRow{out.run.id, text(replay, "replay_of", origin), text(replay, "schedule_sha256", origin),
                           text(replay, "artifact_sha256", origin)};
  out.environment = json_get<std::map<std::string, std::string>>(json, "environment", origin);
  for (const char* fact : kOfAudits) out.environment.erase(fact);
  for (const auto& [name, value] : out.environment)
    if (name.size() + value.size() > kMostText)
      fail(ErrorKind::limit, "{}: a fact of the environment has {} bytes", origin, name.size() + value.size());
  return out;
}

void clamp_dates(RunRecord& record, const std::string& parent, const std::string& now) {
  const auto clamp = [&](std::string& date, const std::string& least) {
    if (!date.empty()) date = std::max(std::min(date, now), least);
  };
  const std::string& created = record.run.created_at;
  clamp(record.run.created_at, parent);
  for (size_t i = 0; i < record.transitions.size(); ++i)
    clamp(record.transitions[i].at, i == 0 ? created : record.transitions[i - 1].at);
  for (PhaseRow& phase : record.phases) clamp(phase.started_at, created);
  for (ArtifactRow& artifact : record.artifacts) clamp(artifact.saved_at, created);
  for (std::string* date : {&record.run.ended_at, &record.run.heartbeat_at, &record.run.withdrawn_at})
    clamp(*date, created);
}

Json submission_to_json(const SubmissionRow& s) {
  return {{"id", s.id},
          {"pr", s.pr},
          {"title", s.title},
          {"author", s.author},
          {"track", s.track},
          {"upstream_commit", s.upstream_commit},
          {"code_bytes", s.code_bytes},
          {"document", Json::parse(s.document)}};
}

SubmissionRow submission_from_json(const Json& json, std::string_view origin) {
  SubmissionRow out;
  out.id = text(json, "id", origin), out.pr = json_integer(json, "pr", origin);
  out.title = text(json, "title", origin), out.author = text(json, "author", origin);
  out.track = text(json, "track", origin), out.upstream_commit = text(json, "upstream_commit", origin);
  out.code_bytes = json_integer(json, "code_bytes", origin);
  const Json document = json_get<Json>(json, "document", origin);
  if (!document.is_object()) fail(ErrorKind::submission, "{}: 'document' is no object", origin);
  out.document = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  parse_submission_document(out.document, std::string(origin) + ": document");
  return out;
}

}  // namespace pgolf
