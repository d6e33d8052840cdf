// The record: submissions, pinned configurations, runs and what they left, in one SQLite file (docs/database.md).
//
//   Store store = Store::open(home / "runs.db");
//   store.create_run(run);                                            // one transaction
//   store.transact([&] { store.move(run.id, RunState::packing); store.put_phase(phase); });
//
// A run that has ended is sealed with each transaction that writes to it (db/seal.h); reading or writing a run whose
// rows were edited by others since is an error.
//
// Errors of every function: database (exit 8), one line each for a file that is locked (after 10 s), read-only,
// damaged, edited, no database, or written by a newer pgolf; machine for a full disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/rows.h"

namespace SQLite {
class Database;
}

namespace pgolf {

class Store {
 public:
  // Creates the file or migrates it, after a backup to runs.db.v<N>.bak.
  static Store open(const std::filesystem::path& path);
  // The same, but nullopt if there is no file or a blank one, and for reading where nothing may be written.
  static std::optional<Store> open_existing(const std::filesystem::path& path);
  // For verbs that only look: changes nothing, not even the schema. An unfinished run that nobody works on is shown as
  // lost, which the next verb that writes will make it.
  using IsWorkedOn = std::function<bool(const std::string& run)>;
  static std::optional<Store> look(const std::filesystem::path& path, IsWorkedOn is_worked_on);

  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  bool read_only() const;
  void set_busy_timeout(int milliseconds);  // how long to wait for another writer; 10 s unless set
  void check_integrity() const;             // PRAGMA integrity_check and foreign_key_check; every seal
  ChainHead head() const;
  void check_head(const ChainHead& kept) const;  // errors: database if the chain of seals does not hold it

  // Runs `body` in one transaction (BEGIN IMMEDIATE), rolled back if it throws. Every writer below is a transaction of
  // its own outside of one.
  void transact(const std::function<void()>& body);

  void put_submission(const SubmissionRow& row);  // replaces an older version; runs keep what they were made from
  void put_pinned(const PinnedRow& row);          // a configuration that is already there stays

  void create_run(const RunRow& row);  // state queued
  // A run that ended elsewhere: its rows as they are, with imported_at set to now. A submission or configuration that
  // is already on record stays; the run keeps its own. Metrics, curves and judgement are not taken over: they follow
  // from the run's files.
  void import_run(const RunRecord& record);
  // Errors also: logic error if the state machine does not allow it. Sets ended_at for final states.
  void move(const std::string& run, RunState to, const Failure& failure = {});
  void heartbeat(const std::string& run);
  // Makes the calling process the run's supervisor (create_run does so too).
  void adopt(const std::string& run, const ProcessId& process);

  // Takes a run that has ended out of what counts; it stays on record, sealed with the reason. Errors also: usage for
  // one that has not ended, and for one that was withdrawn already.
  void withdraw(const std::string& run, const std::string& reason);

  void put_labels(const std::string& run, const RunLabels& labels);
  RunLabels labels(const std::string& run) const;

  void put_phase(const PhaseRow& row);  // inserts or replaces
  // SQLite stores no NaN: values that are not finite are left out.
  void put_metric(const std::string& run, const std::string& name, double value);
  void put_curve(const std::string& run, const std::string& series, const std::vector<CurvePoint>& points);
  void put_artifact(const ArtifactRow& row);
  void put_environment(const std::string& run, const std::map<std::string, std::string>& values);
  void put_judgement(const JudgementRow& row);
  void put_replay(const ReplayRow& row);

  std::vector<RunSummary> list_runs() const;  // oldest first; `edited` is left false: is_edited tells
  // Whether the rows of a run are not those that were sealed. Reads all of them.
  bool is_edited(const std::string& run) const;
  // By identifier, a unique part of one, or "last". Errors: not_found; usage if several match.
  std::string find_run(std::string_view name) const;
  RunRecord load_run(const std::string& run) const;
  std::vector<CurvePoint> load_curve(const std::string& run, const std::string& series) const;
  std::vector<SubmissionRow> list_submissions() const;
  // Runs that are not in a final state, with their supervisors.
  std::vector<RunRow> unfinished_runs() const;

 private:
  friend class ArchiveTables;  // tables of their own (db/archive.h), in transactions of this one
  static Store to_write(const std::filesystem::path& path, SQLite::Database db);
  static Store to_look(const std::filesystem::path& path, SQLite::Database db, bool read_only,
                       IsWorkedOn is_worked_on = nullptr);
  bool is_lost(const std::string& run, RunState state) const;
  void touch(const std::string& run);  // before a row of it is written: it must be as it was sealed

  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pgolf
