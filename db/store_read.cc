#include <fmt/ranges.h>

#include "base/error.h"
#include "base/message.h"
#include "db/connection.h"
#include "db/seal.h"

namespace pgolf {
namespace {

std::string text(const SQLite::Column& column) { return column.isNull() ? "" : column.getString(); }
// Words that reach a reader as they are: one line of each, whoever wrote them.
std::string words(const SQLite::Column& column) { return readable(text(column)); }

constexpr char kRunColumns[] =
    "SELECT id, pinned, state, directory, command, created_at, ended_at, heartbeat_at, failure_kind, failure, boot_id, "
    "pid, pid_start, imported_at, bundle_sha256, withdrawn_at, withdrawn_reason FROM runs";

RunRow read_run(SQLite::Statement& row) {
  RunRow out;
  out.id = row.getColumn(0).getString();
  out.pinned = row.getColumn(1).getString();
  out.state = run_state_from(row.getColumn(2).getString());
  out.directory = out.id;
  out.command = row.getColumn(4).getString();
  out.created_at = row.getColumn(5).getString();
  out.ended_at = text(row.getColumn(6));
  out.heartbeat_at = row.getColumn(7).getString();
  out.failure = {words(row.getColumn(8)), words(row.getColumn(9))};
  out.supervisor = {row.getColumn(10).getString(), row.getColumn(11).getInt64(), row.getColumn(12).getInt64()};
  out.imported_at = text(row.getColumn(13)), out.bundle_sha256 = text(row.getColumn(14));
  out.withdrawn_at = text(row.getColumn(15)), out.withdrawn_reason = words(row.getColumn(16));
  return out;
}

PhaseRow read_phase(SQLite::Statement& row, const std::string& run) {
  PhaseRow out;
  out.run = run;
  out.name = row.getColumn(0).getString();
  out.attempt = row.getColumn(1).getInt64();
  out.directory = row.getColumn(2).getString();
  out.started_at = row.getColumn(3).getString();
  out.pid = row.getColumn(4).getInt64();
  out.pid_start = row.getColumn(5).getInt64();
  out.sandbox = words(row.getColumn(6));
  out.limit_ms = maybe_real(row.getColumn(7));
  out.wall_ms = maybe_real(row.getColumn(8));
  out.max_rss_bytes = maybe_integer(row.getColumn(9));
  out.cpu_ms = maybe_real(row.getColumn(10));
  out.outcome = words(row.getColumn(11));
  out.exit_code = maybe_integer(row.getColumn(12));
  out.signal = maybe_integer(row.getColumn(13));
  out.message = words(row.getColumn(14));
  out.document = row.getColumn(15).getString();
  return out;
}

SubmissionRow read_submission(SQLite::Statement& row) {
  SubmissionRow out;
  out.id = row.getColumn(0).getString();
  out.pr = row.getColumn(1).getInt64();
  out.title = words(row.getColumn(2));
  out.author = words(row.getColumn(3));
  out.track = words(row.getColumn(4));
  out.upstream_commit = words(row.getColumn(5));
  out.code_bytes = row.getColumn(6).getInt64();
  out.document = row.getColumn(7).getString();
  return out;
}

constexpr char kSubmissionColumns[] =
    "SELECT id, pr, title, author, track, upstream_commit, code_bytes, document FROM submissions";

// The submission as it was when the run was made; no row for a run from before schema 4.
constexpr char kSubmissionThen[] =
    "SELECT submission ->> 'id', submission ->> 'pr', submission ->> 'title', submission ->> 'author',"
    " submission ->> 'track', submission ->> 'upstream_commit', submission ->> 'code_bytes', submission ->> 'document'"
    " FROM runs WHERE id = ? AND submission IS NOT NULL";

std::optional<JudgementRow> read_judgement(SQLite::Database& db, const std::string& run) {
  auto head = statement_of(db,
                           "SELECT id, ruleset, ruleset_sha256, as_of, judged_at FROM judgements WHERE run = ?"
                           " ORDER BY id DESC LIMIT 1",
                           run);
  if (!head.executeStep()) return std::nullopt;
  JudgementRow out{
      run, words(head.getColumn(1)), words(head.getColumn(2)), words(head.getColumn(3)), words(head.getColumn(4)), {}};
  auto row = statement_of(db, "SELECT rule, reading, status, document FROM verdicts WHERE judgement = ? ORDER BY seq",
                          head.getColumn(0).getInt64());
  while (row.executeStep())
    out.verdicts.push_back(
        {words(row.getColumn(0)), words(row.getColumn(1)), words(row.getColumn(2)), row.getColumn(3).getString()});
  return out;
}

void read_lists(SQLite::Database& db, RunRecord& out) {
  const std::string& run = out.run.id;
  auto transition = statement_of(db, "SELECT state, at FROM transitions WHERE run = ? ORDER BY seq", run);
  while (transition.executeStep())
    out.transitions.push_back(
        {run_state_from(transition.getColumn(0).getString()), transition.getColumn(1).getString()});
  auto phase =
      statement_of(db,
                   "SELECT name, attempt, directory, started_at, pid, pid_start, sandbox, limit_ms, wall_ms,"
                   " max_rss_bytes, cpu_ms, outcome, exit_code, signal, message, document FROM phases WHERE run = ?"
                   " ORDER BY started_at, attempt",
                   run);
  while (phase.executeStep()) out.phases.push_back(read_phase(phase, run));
  auto metric = statement_of(db, "SELECT name, value FROM metrics WHERE run = ?", run);
  while (metric.executeStep()) out.metrics[metric.getColumn(0).getString()] = metric.getColumn(1).getDouble();
  auto series = statement_of(db, "SELECT DISTINCT series FROM curves WHERE run = ? ORDER BY series", run);
  while (series.executeStep()) out.curves.push_back(series.getColumn(0).getString());
  auto artifact = statement_of(
      db, "SELECT name, path, sha256, bytes, document, saved_at FROM artifacts WHERE run = ? ORDER BY saved_at", run);
  while (artifact.executeStep())
    out.artifacts.push_back({run, artifact.getColumn(0).getString(), artifact.getColumn(1).getString(),
                             artifact.getColumn(2).getString(), artifact.getColumn(3).getInt64(),
                             artifact.getColumn(4).getString(), artifact.getColumn(5).getString()});
  auto fact = statement_of(db, "SELECT name, value FROM environment WHERE run = ?", run);
  while (fact.executeStep()) out.environment[words(fact.getColumn(0))] = words(fact.getColumn(1));
  auto replay = statement_of(db, "SELECT replay_of, schedule_sha256, artifact_sha256 FROM replays WHERE run = ?", run);
  if (replay.executeStep())
    out.replay = {run, words(replay.getColumn(0)), words(replay.getColumn(1)), words(replay.getColumn(2))};
}

void show_as_lost(RunRecord& record) {
  record.run.failure = lost_while(record.run);
  record.run.state = RunState::lost;
  for (PhaseRow& phase : record.phases)
    if (phase.outcome.empty()) lose(phase);
}

}  // namespace

bool Store::is_lost(const std::string& run, RunState state) const {
  return state_->is_worked_on && !is_final(state) && !state_->is_worked_on(run);
}

bool Store::is_edited(const std::string& run) const {
  return guarded(state_->path, [&] { return !seal_problem(state_->db, run).empty(); });
}

std::string Store::find_run(std::string_view name) const {
  return guarded(state_->path, [&] {
    const std::string wanted(name);
    std::vector<std::string> found;
    auto row = name == "last"
                   ? statement_of(state_->db,
                                  "SELECT id FROM runs WHERE withdrawn_at IS NULL"
                                  " ORDER BY created_at DESC, id DESC LIMIT 1")
                   : statement_of(state_->db, "SELECT id FROM runs WHERE instr(id, ?) > 0 ORDER BY id", wanted);
    while (row.executeStep()) {
      found.push_back(row.getColumn(0).getString());
      if (found.back() == wanted) return wanted;
    }
    if (found.empty()) fail(ErrorKind::not_found, "run '{}' not found; `pgolf ls` lists them", name);
    if (found.size() > 1)
      fail(ErrorKind::usage, "run '{}' means {} runs; name one of: {}", name, found.size(), fmt::join(found, ", "));
    return found.front();
  });
}

RunRecord Store::load_run(const std::string& run) const {
  return guarded(state_->path, [&] {
    std::optional<SQLite::Transaction> snapshot;  // seal and rows of one moment, whoever writes meanwhile
    if (!state_->in_transaction) snapshot.emplace(state_->db);
    RunRecord out;
    auto head = statement_of(state_->db, (std::string(kRunColumns) + " WHERE id = ?").c_str(), run);
    if (!head.executeStep()) fail(ErrorKind::not_found, "run '{}' not found; `pgolf ls` lists them", run);
    if (!state_->touched.contains(run)) check_seal(state_->db, state_->path, run);
    out.run = read_run(head);
    auto pinned = statement_of(
        state_->db,
        "SELECT sha256, submission, profile, as_run, seed, num_params, document FROM pinned WHERE sha256 = ?",
        out.run.pinned);
    if (!pinned.executeStep())
      fail(ErrorKind::database, "{}: run {} has no pinned configuration; restore a copy of the file",
           state_->path.string(), run);
    out.pinned = {pinned.getColumn(0).getString(),   pinned.getColumn(1).getString(), pinned.getColumn(2).getString(),
                  pinned.getColumn(3).getInt() != 0, pinned.getColumn(4).getInt64(),  pinned.getColumn(5).getInt64(),
                  pinned.getColumn(6).getString()};
    auto then = statement_of(state_->db, kSubmissionThen, run),
         now = statement_of(state_->db, (std::string(kSubmissionColumns) + " WHERE id = ?").c_str(),
                            out.pinned.submission);
    const bool kept = then.executeStep();
    check(kept || now.executeStep(), "load_run: run {} has no submission", run);
    out.submission = read_submission(kept ? then : now);
    out.unvouched = !kept;
    out.rerun = rerun_runs(state_->db).contains(run);
    read_lists(state_->db, out);
    out.judgement = read_judgement(state_->db, run);
    if (is_lost(run, out.run.state)) show_as_lost(out);
    return out;
  });
}

std::vector<CurvePoint> Store::load_curve(const std::string& run, const std::string& series) const {
  return guarded(state_->path, [&] {
    std::vector<CurvePoint> out;
    auto row = statement_of(state_->db,
                            "SELECT step, elapsed_ms, value FROM curves WHERE run = ? AND series = ? ORDER BY step",
                            run, series);
    while (row.executeStep())
      out.push_back({row.getColumn(0).getInt64(), maybe_real(row.getColumn(1)), row.getColumn(2).getDouble()});
    return out;
  });
}

std::vector<SubmissionRow> Store::list_submissions() const {
  return guarded(state_->path, [&] {
    std::vector<SubmissionRow> out;
    SQLite::Statement row(state_->db, std::string(kSubmissionColumns) + " ORDER BY pr");
    while (row.executeStep()) out.push_back(read_submission(row));
    return out;
  });
}

std::vector<RunRow> Store::unfinished_runs() const {
  return guarded(state_->path, [&] {
    std::vector<RunRow> out;
    SQLite::Statement row(
        state_->db,
        std::string(kRunColumns) + " WHERE state NOT IN ('done', 'failed', 'killed', 'lost') ORDER BY created_at");
    while (row.executeStep()) out.push_back(read_run(row));
    return out;
  });
}

}  // namespace pgolf
