#include "db/seal.h"

#include <bit>
#include <vector>

#include "base/error.h"
#include "base/sha256.h"
#include "db/connection.h"

namespace pgolf {
namespace {

constexpr char kReleased[] = "";  // in place of a hash: pgolf itself works on the run, made or taken up again
constexpr char kStateAndSeal[] =
    "SELECT state, (SELECT rows_sha256 FROM seals WHERE run = runs.id ORDER BY id DESC LIMIT 1) FROM runs WHERE id = ?";

// What a seal covers: all that is known of a run but its heartbeat and supervisor. Columns are named, so that one that
// a later schema adds breaks no seal.
constexpr const char* kSealed[] = {
    "SELECT id, pinned, state, directory, command, created_at, ended_at, failure_kind, failure, imported_at,"
    " bundle_sha256, submission FROM runs WHERE id = ?",
    "SELECT p.sha256, p.submission, p.profile, p.as_run, p.seed, p.num_params, p.document FROM pinned p JOIN runs r"
    " ON r.pinned = p.sha256 WHERE r.id = ?",
    "SELECT seq, state, at FROM transitions WHERE run = ? ORDER BY seq",
    "SELECT name, attempt, directory, started_at, pid, pid_start, sandbox, limit_ms, wall_ms, max_rss_bytes, cpu_ms,"
    " outcome, exit_code, signal, message, document FROM phases WHERE run = ? ORDER BY name, attempt",
    "SELECT name, value FROM metrics WHERE run = ? ORDER BY name",
    "SELECT series, step, elapsed_ms, value FROM curves WHERE run = ? ORDER BY series, step",
    "SELECT name, path, bytes, sha256, document, saved_at FROM artifacts WHERE run = ? ORDER BY name",
    "SELECT name, value FROM environment WHERE run = ? ORDER BY name",
    "SELECT replay_of, schedule_sha256, artifact_sha256 FROM replays WHERE run = ?",
    "SELECT id, ruleset, ruleset_sha256, as_of, judged_at FROM judgements WHERE run = ? ORDER BY id",
    "SELECT v.judgement, v.seq, v.rule, v.reading, v.status, v.document FROM verdicts v JOIN judgements j"
    " ON j.id = v.judgement WHERE j.run = ? ORDER BY v.judgement, v.seq"};

// Covered where it is there, so that runs that were sealed before schema 6 keep their seals.
constexpr char kWithdrawn[] =
    "SELECT withdrawn_at, withdrawn_reason FROM runs WHERE id = ? AND withdrawn_at IS NOT NULL";

// A value with its type and length, so that no two rows give the same text.
std::string canonical(const SQLite::Column& value) {
  std::string text = value.isNull() ? "" : value.getString();
  if (value.isFloat()) text = std::to_string(std::bit_cast<uint64_t>(value.getDouble()));  // every bit of it
  return fmt::format("{}:{}:{};", value.getType(), text.size(), text);
}

void add_rows(Sha256& hash, SQLite::Statement row) {
  while (row.executeStep()) {
    for (int i = 0; i < row.getColumnCount(); ++i) hash.update(canonical(row.getColumn(i)));
    hash.update("\n");
  }
}

// While a file is migrated it has no run that was withdrawn, nor a column that would tell.
enum class Schema { whole, before_withdrawals };

std::string rows_sha256(SQLite::Database& db, const std::string& run, Schema schema = Schema::whole) {
  Sha256 hash;
  for (const char* sql : kSealed) add_rows(hash, statement_of(db, sql, run)), hash.update("--\n");
  if (schema == Schema::whole) add_rows(hash, statement_of(db, kWithdrawn, run));
  return hash.hex();
}

std::string chained(const std::string& before, const std::string& run, const std::string& rows) {
  return sha256_hex(before + "\n" + run + "\n" + rows);
}

void seal(SQLite::Database& db, const std::string& run, Schema schema) {
  auto state = statement_of(db, kStateAndSeal, run);
  if (!state.executeStep()) return;
  const bool ended = is_final(run_state_from(state.getColumn(0).getString())), linked = !state.getColumn(1).isNull();
  if (!ended && linked && state.getColumn(1).getString() == kReleased) return;
  auto last = statement_of(db, "SELECT sha256 FROM seals ORDER BY id DESC LIMIT 1");
  const std::string before = last.executeStep() ? last.getColumn(0).getString() : "",
                    rows = ended ? rows_sha256(db, run, schema) : kReleased;
  statement_of(db, "INSERT INTO seals (run, rows_sha256, sha256) VALUES (?, ?, ?)", run, rows,
               chained(before, run, rows))
      .exec();
}

[[noreturn]] void fail_changed(const std::filesystem::path& path, const std::string& what) {
  fail(ErrorKind::database, "{}: {}: the file was edited since; restore a copy of it", path.string(), what);
}

}  // namespace

std::string seal_problem(SQLite::Database& db, const std::string& run) {
  auto head = statement_of(db, kStateAndSeal, run);
  if (!head.executeStep()) return "";
  if (head.getColumn(1).isNull()) return fmt::format("run {} has no seal", run);
  const bool ended = is_final(run_state_from(head.getColumn(0).getString()));
  if (head.getColumn(1).getString() == (ended ? rows_sha256(db, run) : kReleased)) return "";
  return fmt::format("the rows of run {} are not those that were sealed", run);
}

void check_seal(SQLite::Database& db, const std::filesystem::path& path, const std::string& run) {
  if (const std::string problem = seal_problem(db, run); !problem.empty()) fail_changed(path, problem);
}

void put_seal(SQLite::Database& db, const std::string& run) { seal(db, run, Schema::whole); }

void seal_older_runs(SQLite::Database& db) {
  std::vector<std::string> without;
  SQLite::Statement run(db, "SELECT id FROM runs WHERE id NOT IN (SELECT run FROM seals) ORDER BY created_at, id");
  while (run.executeStep()) without.push_back(run.getColumn(0).getString());
  for (const std::string& id : without) seal(db, id, Schema::before_withdrawals);
}

ChainHead chain_head(SQLite::Database& db) {
  ChainHead out;
  SQLite::Statement seal(db, "SELECT count(*) OVER (), sha256 FROM seals ORDER BY id DESC LIMIT 1");
  if (seal.executeStep()) out = {seal.getColumn(0).getInt64(), seal.getColumn(1).getString()};
  return out;
}

void check_kept_head(SQLite::Database& db, const std::filesystem::path& path, const ChainHead& kept) {
  const ChainHead now = chain_head(db);
  if (now.seals < kept.seals)
    fail(ErrorKind::database,
         "{}: its chain has {} seals, the head that was kept is of {}: seals were removed, or this is an older copy",
         path.string(), now.seals, kept.seals);
  if (kept.seals == 0) return;
  auto seal = statement_of(db, "SELECT sha256 FROM seals ORDER BY id LIMIT 1 OFFSET ?", kept.seals - 1);
  if (!seal.executeStep() || seal.getColumn(0).getString() != kept.sha256)
    fail(ErrorKind::database, "{}: seal {} of its chain is not the head that was kept: this is another history",
         path.string(), kept.seals);
}

void check_seals(SQLite::Database& db, const std::filesystem::path& path) {
  std::string before;
  auto seal = statement_of(db, "SELECT run, rows_sha256, sha256, run IN (SELECT id FROM runs) FROM seals ORDER BY id");
  while (seal.executeStep()) {
    const std::string run = seal.getColumn(0).getString(), here = seal.getColumn(2).getString();
    if (chained(before, run, seal.getColumn(1).getString()) != here)
      fail_changed(path, fmt::format("the chain of seals breaks at one of run {}", run));
    if (seal.getColumn(3).getInt() == 0) fail_changed(path, fmt::format("run {} is sealed and gone", run));
    before = here;
  }
  auto run = statement_of(db, "SELECT id FROM runs");
  while (run.executeStep()) check_seal(db, path, run.getColumn(0).getString());
}

}  // namespace pgolf
