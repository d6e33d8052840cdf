// The list of runs, with the verdicts of the latest judgement of each.
#include "base/json.h"
#include "db/connection.h"

namespace pgolf {
namespace {

constexpr char kSummaries[] = R"sql(
  SELECT r.id, p.submission, p.profile, r.created_at, p.as_run, s.pr, p.seed, r.state,
         (SELECT value FROM metrics WHERE run = r.id AND name = 'val_loss'),
         (SELECT value FROM metrics WHERE run = r.id AND name = 'val_bpb'),
         (SELECT bytes FROM artifacts WHERE run = r.id AND name = 'artifact'),
         r.imported_at IS NOT NULL,
         EXISTS (SELECT 1 FROM environment WHERE run = r.id AND name = 'clock' AND value = 'published'),
         r.submission IS NULL, r.withdrawn_at IS NOT NULL,
         (SELECT wall_ms FROM phases WHERE run = r.id AND name = 'train' ORDER BY attempt DESC LIMIT 1),
         (SELECT wall_ms FROM phases WHERE run = r.id AND name = 'eval' ORDER BY attempt DESC LIMIT 1),
         CASE WHEN json_valid(p.document) THEN json_extract(p.document, '$.overrides') END,
         l.tags, l.note, l.hidden, r.pinned
  FROM runs r JOIN pinned p ON p.sha256 = r.pinned JOIN submissions s ON s.id = p.submission
       LEFT JOIN labels l ON l.run = r.id
  ORDER BY r.created_at, r.id)sql";

// Of the latest judgement of each run; a document that is damaged counts as one that says nothing else.
constexpr char kLatestVerdicts[] = R"sql(
  SELECT j.run, v.rule, v.reading, v.status,
         coalesce(CASE WHEN json_valid(v.document) THEN json_extract(v.document, '$.counts') END, 1)
  FROM judgements j JOIN verdicts v ON v.judgement = j.id
  WHERE j.id = (SELECT max(id) FROM judgements WHERE run = j.run)
  ORDER BY j.id, v.seq)sql";

// A document that is damaged has none; show says so.
std::vector<std::string> overrides_from(const SQLite::Column& column) {
  std::vector<std::string> out;
  const Json words = column.isNull() ? Json() : Json::parse(column.getString(), nullptr, false);
  if (words.is_array())
    for (const Json& word : words)
      if (word.is_string()) out.push_back(word.get<std::string>());
  return out;
}

std::map<std::string, std::vector<RuleStatus>> latest_verdicts(SQLite::Database& db) {
  std::map<std::string, std::vector<RuleStatus>> out;
  SQLite::Statement row(db, kLatestVerdicts);
  while (row.executeStep())
    out[row.getColumn(0).getString()].push_back({row.getColumn(1).getString(), row.getColumn(2).getString(),
                                                 row.getColumn(3).getString(), row.getColumn(4).getInt() != 0});
  return out;
}

// Replays that were made here, whose artifact is that of the run that they repeat.
constexpr char kRerun[] = R"sql(
  SELECT p.replay_of FROM replays p JOIN runs r ON r.id = p.run
         JOIN artifacts mine ON mine.run = p.run AND mine.name = 'artifact'
         JOIN artifacts theirs ON theirs.run = p.replay_of AND theirs.name = 'artifact'
  WHERE r.imported_at IS NULL AND r.withdrawn_at IS NULL AND mine.sha256 = theirs.sha256)sql";

}  // namespace

std::set<std::string> rerun_runs(SQLite::Database& db) {
  std::set<std::string> out;
  SQLite::Statement row(db, kRerun);
  while (row.executeStep()) out.insert(row.getColumn(0).getString());
  return out;
}

std::vector<RunSummary> Store::list_runs() const {
  return guarded(state_->path, [&] {
    std::vector<RunSummary> out;
    const auto verdicts = latest_verdicts(state_->db);
    const auto rerun = rerun_runs(state_->db);
    SQLite::Statement row(state_->db, kSummaries);
    while (row.executeStep()) {
      RunSummary s;
      s.id = row.getColumn(0).getString();
      s.submission = row.getColumn(1).getString();
      s.profile = row.getColumn(2).getString();
      s.created_at = row.getColumn(3).getString();
      s.as_run = row.getColumn(4).getInt() != 0;
      s.pr = row.getColumn(5).getInt64();
      s.seed = row.getColumn(6).getInt64();
      s.state = run_state_from(row.getColumn(7).getString());
      s.val_loss = maybe_real(row.getColumn(8));
      s.val_bpb = maybe_real(row.getColumn(9));
      s.artifact_bytes = maybe_integer(row.getColumn(10));
      s.imported = row.getColumn(11).getInt() != 0;
      s.published_clock = row.getColumn(12).getInt() != 0;
      s.unvouched = row.getColumn(13).getInt() != 0;
      s.withdrawn = row.getColumn(14).getInt() != 0;
      s.train_ms = maybe_real(row.getColumn(15)), s.eval_ms = maybe_real(row.getColumn(16));
      s.overrides = overrides_from(row.getColumn(17));
      s.pinned = row.getColumn(21).getString();
      s.labels = read_labels(row.getColumn(18), row.getColumn(19), row.getColumn(20));
      s.rerun = rerun.contains(s.id);
      if (is_lost(s.id, s.state)) s.state = RunState::lost;
      if (const auto judged = verdicts.find(s.id); judged != verdicts.end()) s.verdicts = judged->second;
      out.push_back(std::move(s));
    }
    return out;
  });
}

}  // namespace pgolf
