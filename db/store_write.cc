#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/utc.h"
#include "db/connection.h"

namespace pgolf {
namespace {

// The one text that a query gives; "" for NULL and for no row.
std::string text_of(SQLite::Statement query) {
  return query.executeStep() && !query.getColumn(0).isNull() ? query.getColumn(0).getString() : "";
}

}  // namespace

void Store::put_submission(const SubmissionRow& row) {
  transact([&] {
    statement_of(
        state_->db,
        "INSERT INTO submissions (id, pr, title, author, track, upstream_commit, code_bytes, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET pr = excluded.pr, title = excluded.title, author = excluded.author,"
        " track = excluded.track, upstream_commit = excluded.upstream_commit, code_bytes = excluded.code_bytes,"
        " document = excluded.document",
        row.id, row.pr, row.title, row.author, row.track, row.upstream_commit, row.code_bytes, row.document)
        .exec();
  });
}

void Store::put_pinned(const PinnedRow& row) {
  transact([&] {
    statement_of(state_->db,
                 "INSERT OR IGNORE INTO pinned (sha256, submission, profile, as_run, seed, num_params, document)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?)",
                 row.sha256, row.submission, row.profile, static_cast<int>(row.as_run), row.seed, row.num_params,
                 row.document)
        .exec();
  });
}

void Store::create_run(const RunRow& row) {
  transact([&] {
    touch(row.id);
    const std::string now =
        utc_now_after(text_of(statement_of(state_->db, "SELECT max(created_at) FROM runs WHERE imported_at IS NULL")));
    const std::string queued(run_state_name(RunState::queued));
    statement_of(
        state_->db,
        "INSERT INTO runs (id, pinned, state, directory, command, created_at, boot_id, pid, pid_start, heartbeat_at,"
        " submission) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " (SELECT json_object('id', s.id, 'pr', s.pr, 'title', s.title, 'author', s.author, 'track', s.track,"
        " 'upstream_commit', s.upstream_commit, 'code_bytes', s.code_bytes, 'document', s.document)"
        " FROM submissions s JOIN pinned p ON p.submission = s.id WHERE p.sha256 = ?))",
        row.id, row.pinned, queued, row.directory, row.command, now, row.supervisor.boot_id, row.supervisor.pid,
        row.supervisor.start, now, row.pinned)
        .exec();
    statement_of(state_->db, "INSERT INTO transitions (run, seq, state, at) VALUES (?, 0, ?, ?)", row.id, queued, now)
        .exec();
  });
}

void Store::import_run(const RunRecord& record) {
  const RunRow& row = record.run;
  const SubmissionRow& of = record.submission;
  check(is_final(row.state), "import_run: run {} is {}", row.id, run_state_name(row.state));
  transact([&] {
    touch(row.id);
    statement_of(
        state_->db,
        "INSERT OR IGNORE INTO submissions (id, pr, title, author, track, upstream_commit, code_bytes, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        of.id, of.pr, of.title, of.author, of.track, of.upstream_commit, of.code_bytes, of.document)
        .exec();
    put_pinned(record.pinned);
    statement_of(state_->db,
                 "INSERT INTO runs (id, pinned, state, directory, command, created_at, ended_at, failure_kind, failure,"
                 " boot_id, pid, pid_start, heartbeat_at, imported_at, bundle_sha256, withdrawn_at,"
                 " withdrawn_reason, submission)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, json_object('id', ?, 'pr', ?, 'title', ?,"
                 " 'author', ?, 'track', ?, 'upstream_commit', ?, 'code_bytes', ?, 'document', ?))",
                 row.id, row.pinned, std::string(run_state_name(row.state)), row.directory, row.command, row.created_at,
                 or_null(row.ended_at), or_null(row.failure.kind), or_null(row.failure.message), row.supervisor.boot_id,
                 row.supervisor.pid, row.supervisor.start, row.heartbeat_at, utc_now(), row.bundle_sha256,
                 or_null(row.withdrawn_at), or_null(row.withdrawn_reason), of.id, of.pr, of.title, of.author, of.track,
                 of.upstream_commit, of.code_bytes, of.document)
        .exec();
    for (size_t i = 0; i < record.transitions.size(); ++i)
      statement_of(state_->db, "INSERT INTO transitions (run, seq, state, at) VALUES (?, ?, ?, ?)", row.id,
                   static_cast<int64_t>(i), std::string(run_state_name(record.transitions[i].state)),
                   record.transitions[i].at)
          .exec();
    for (const PhaseRow& phase : record.phases) put_phase(phase);
    for (const ArtifactRow& a : record.artifacts)
      statement_of(
          state_->db,
          "INSERT INTO artifacts (run, name, path, bytes, sha256, document, saved_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
          row.id, a.name, a.path, a.bytes, a.sha256, a.document, a.saved_at)
          .exec();
    put_environment(row.id, record.environment);
    if (record.replay) put_replay(*record.replay);
  });
}

void Store::move(const std::string& run, RunState to, const Failure& failure) {
  transact([&] {
    touch(run);
    auto current = statement_of(state_->db, "SELECT state FROM runs WHERE id = ?", run);
    check(current.executeStep(), "move: no run '{}'", run);
    const RunState from = run_state_from(current.getColumn(0).getString());
    check(may_follow(from, to), "move: run {} cannot go from {} to {}", run, run_state_name(from), run_state_name(to));
    const std::string before = text_of(statement_of(state_->db, "SELECT max(at) FROM transitions WHERE run = ?", run)),
                      now = utc_now_after(before), name(run_state_name(to));
    const std::optional<std::string> ended = is_final(to) ? std::optional(now) : std::nullopt;
    statement_of(
        state_->db,
        "UPDATE runs SET state = ?, ended_at = ?, failure_kind = ?, failure = ?, heartbeat_at = ? WHERE id = ?", name,
        ended, or_null(failure.kind), or_null(failure.message), now, run)
        .exec();
    statement_of(state_->db,
                 "INSERT INTO transitions (run, seq, state, at)"
                 " SELECT ?, max(seq) + 1, ?, ? FROM transitions WHERE run = ?",
                 run, name, now, run)
        .exec();
  });
}

void Store::heartbeat(const std::string& run) {
  transact([&] { statement_of(state_->db, "UPDATE runs SET heartbeat_at = ? WHERE id = ?", utc_now(), run).exec(); });
}

void Store::adopt(const std::string& run, const ProcessId& process) {
  transact([&] {
    statement_of(state_->db, "UPDATE runs SET boot_id = ?, pid = ?, pid_start = ?, heartbeat_at = ? WHERE id = ?",
                 process.boot_id, process.pid, process.start, utc_now(), run)
        .exec();
  });
}

void Store::withdraw(const std::string& run, const std::string& reason) {
  transact([&] {  // what is looked at and what is written are one step: several may withdraw it at once
    touch(run);
    auto now = statement_of(state_->db, "SELECT state, withdrawn_at FROM runs WHERE id = ?", run);
    check(now.executeStep(), "withdraw: no run '{}'", run);
    if (!now.getColumn(1).isNull())
      fail(ErrorKind::usage, "run {} was withdrawn at {} already; that stays as it is", run,
           now.getColumn(1).getString());
    if (const std::string state = now.getColumn(0).getString(); !is_final(run_state_from(state)))
      fail(ErrorKind::usage, "run {} is {}; it can be withdrawn when it has ended", run, state);
    statement_of(state_->db, "UPDATE runs SET withdrawn_at = ?, withdrawn_reason = ? WHERE id = ?", utc_now(), reason,
                 run)
        .exec();
  });
}

void Store::put_phase(const PhaseRow& row) {
  transact([&] {
    touch(row.run);
    // A phase is put again when it ends; a new one never starts before the earlier ones, whatever the clock says.
    std::string started =
        text_of(statement_of(state_->db, "SELECT started_at FROM phases WHERE run = ? AND name = ? AND attempt = ?",
                             row.run, row.name, row.attempt));
    if (started.empty()) {
      const std::string before =
          text_of(statement_of(state_->db, "SELECT max(started_at) FROM phases WHERE run = ?", row.run));
      started = row.started_at >= before ? row.started_at : utc_now_after(before);
    }
    statement_of(
        state_->db,
        "INSERT OR REPLACE INTO phases (run, name, attempt, directory, started_at, pid, pid_start, sandbox, limit_ms,"
        " wall_ms, max_rss_bytes, cpu_ms, outcome, exit_code, signal, message, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        row.run, row.name, row.attempt, row.directory, started, row.pid, row.pid_start, row.sandbox, row.limit_ms,
        row.wall_ms, row.max_rss_bytes, row.cpu_ms, or_null(row.outcome), row.exit_code, row.signal,
        or_null(row.message), row.document)
        .exec();
  });
}

void Store::put_metric(const std::string& run, const std::string& name, double value) {
  if (!std::isfinite(value)) return;
  transact([&] {
    touch(run);
    statement_of(state_->db, "INSERT OR REPLACE INTO metrics (run, name, value) VALUES (?, ?, ?)", run, name, value)
        .exec();
  });
}

void Store::put_curve(const std::string& run, const std::string& series, const std::vector<CurvePoint>& points) {
  transact([&] {
    touch(run);
    statement_of(state_->db, "DELETE FROM curves WHERE run = ? AND series = ?", run, series).exec();
    SQLite::Statement insert(
        state_->db, "INSERT OR REPLACE INTO curves (run, series, step, elapsed_ms, value) VALUES (?, ?, ?, ?, ?)");
    for (const CurvePoint& point : points) {
      if (!std::isfinite(point.value)) continue;
      insert.bind(1, run);
      insert.bind(2, series);
      insert.bind(3, point.step);
      bind_one(insert, 4, point.elapsed_ms);
      insert.bind(5, point.value);
      insert.exec();
      insert.reset();
    }
  });
}

void Store::put_artifact(const ArtifactRow& row) {
  transact([&] {
    touch(row.run);
    statement_of(state_->db,
                 "INSERT OR REPLACE INTO artifacts (run, name, path, bytes, sha256, document, saved_at)"
                 " VALUES (?, ?, ?, ?, ?, ?, ?)",
                 row.run, row.name, row.path, row.bytes, row.sha256, row.document, utc_now())
        .exec();
  });
}

void Store::put_environment(const std::string& run, const std::map<std::string, std::string>& values) {
  transact([&] {
    touch(run);
    for (const auto& [name, value] : values)
      statement_of(state_->db, "INSERT OR REPLACE INTO environment (run, name, value) VALUES (?, ?, ?)", run, name,
                   value)
          .exec();
  });
}

void Store::put_judgement(const JudgementRow& row) {
  transact([&] {
    touch(row.run);
    statement_of(state_->db,
                 "INSERT INTO judgements (run, ruleset, ruleset_sha256, as_of, judged_at) VALUES (?, ?, ?, ?, ?)",
                 row.run, row.ruleset, row.ruleset_sha256, row.as_of, utc_now())
        .exec();
    const int64_t id = state_->db.getLastInsertRowid();
    for (size_t i = 0; i < row.verdicts.size(); ++i) {
      const VerdictRow& v = row.verdicts[i];
      statement_of(state_->db,
                   "INSERT INTO verdicts (judgement, seq, rule, reading, status, document) VALUES (?, ?, ?, ?, ?, ?)",
                   id, static_cast<int64_t>(i), v.rule, v.reading, v.status, v.document)
          .exec();
    }
  });
}

void Store::put_replay(const ReplayRow& row) {
  transact([&] {
    touch(row.run);
    statement_of(state_->db,
                 "INSERT INTO replays (run, replay_of, schedule_sha256, artifact_sha256) VALUES (?, ?, ?, ?)", row.run,
                 row.replay_of, row.schedule_sha256, or_null(row.artifact_sha256))
        .exec();
  });
}

}  // namespace pgolf
