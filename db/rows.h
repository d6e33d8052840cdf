// What the tables of db/migrations hold, as plain values.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/names.h"
#include "base/process_id.h"
#include "db/run_state.h"

namespace pgolf {

// Text that becomes a part of paths. A run's: letters, digits, '-', '_' and '.', not first a '.', at most 100, and
// nothing that a workspace holds besides runs.
bool is_run_name(std::string_view text);
inline constexpr std::array<std::string_view, 4> kPhases = {kTrainPhase, kPackPhase, kEvalPhase, kDiagnosePhase};
bool is_phase_name(std::string_view text);

struct SubmissionRow {
  std::string id, title, author, track, upstream_commit;
  int64_t pr = 0, code_bytes = 0;
  std::string document;  // JSON: headline, techniques, claims, differences, published curves
};

struct PinnedRow {
  std::string sha256, submission, profile;
  bool as_run = false;
  int64_t seed = 0, num_params = 0;
  std::string document;  // pinned.json
};

// Why a run or phase did not end well.
struct Failure {
  std::string kind;     // exception, out_of_memory, limit, killed, interrupted, lost
  std::string message;  // one line
};

struct RunRow {
  std::string id, pinned;
  RunState state = RunState::queued;
  std::string directory;  // below the workspace: the identifier, whatever a record says
  std::string command;    // JSON array of arguments
  std::string created_at, ended_at, heartbeat_at;
  Failure failure;
  ProcessId supervisor;
  std::string imported_at, bundle_sha256;      // of a run that came as a bundle; "" for one that ran here
  std::string withdrawn_at, withdrawn_reason;  // "" for one that counts
};

struct Transition {
  RunState state = RunState::queued;
  std::string at;
};

struct PhaseRow {
  std::string run, name;
  int64_t attempt = 1;
  std::string directory;  // below the run's
  std::string started_at;
  int64_t pid = 0, pid_start = 0;
  std::string sandbox;
  std::optional<double> limit_ms, wall_ms, cpu_ms;
  std::optional<int64_t> max_rss_bytes, exit_code, signal;
  std::string outcome, message;  // outcome "" while running
  std::string document = "{}";   // JSON: times between events, what was visible and what was denied
};

struct CurvePoint {
  int64_t step = 0;
  std::optional<double> elapsed_ms;
  double value = 0;
};

struct ArtifactRow {
  std::string run, name, path, sha256;
  int64_t bytes = 0;
  std::string document = "{}";  // JSON: bytes by class
  std::string saved_at;
};

struct VerdictRow {
  std::string rule, reading, status;
  std::string document = "{}";  // JSON: observed, limit, unit, evidence, citation
};

// A verdict without its document.
struct RuleStatus {
  std::string rule, reading, status;
  bool counts = true;  // towards the outcome
};

struct JudgementRow {
  std::string run, ruleset, ruleset_sha256, as_of, judged_at;
  std::vector<VerdictRow> verdicts;
};

// A run that repeats the recorded schedule of another one.
struct ReplayRow {
  std::string run, replay_of, schedule_sha256;
  std::string artifact_sha256;  // of the run replayed, to be equalled; "" if it had none
};

// What people note on a run: no evidence, and under no seal.
struct RunLabels {
  std::vector<std::string> tags;
  std::string note;     // one line; "": none
  bool hidden = false;  // not in `pgolf ls` unless asked for
};

// One line of `pgolf ls`.
struct RunSummary {
  std::string id, pinned, submission, profile, created_at;  // pinned: SHA-256 of the configuration, seed and data
  bool as_run = false, imported = false;
  bool published_clock = false;  // it followed that instead of the machine's
  bool edited = false;           // its rows are not those that were sealed
  bool unvouched = false;        // it was made before there were seals
  bool withdrawn = false;        // in no list, board or comparison
  bool rerun = false;            // a replay that was made here gave the same artifact
  int64_t pr = 0, seed = 0;
  RunState state = RunState::queued;
  std::optional<double> val_loss, val_bpb;
  std::optional<int64_t> artifact_bytes;
  std::optional<double> train_ms, eval_ms;  // of the whole processes, the latest attempts
  std::vector<std::string> overrides;       // "model.smear=\"none\"": what makes it a variant
  RunLabels labels;
  std::vector<RuleStatus> verdicts;  // of the latest judgement; judge/outcome.h says what they come to
};

// The newest seal of the record and how many there are: kept elsewhere, it shows later that the record still holds all
// that it held.
struct ChainHead {
  int64_t seals = 0;
  std::string sha256;  // "" of an empty chain
};
std::string chain_head_text(const ChainHead& head);  // "12:<64 hexadecimal digits>", "0:"
std::optional<ChainHead> chain_head_from(std::string_view text);

struct RunRecord {
  RunRow run;
  PinnedRow pinned;
  SubmissionRow submission;
  std::vector<Transition> transitions;
  std::vector<PhaseRow> phases;  // by start
  std::map<std::string, double> metrics;
  std::vector<std::string> curves;  // names of its series
  std::vector<ArtifactRow> artifacts;
  std::optional<JudgementRow> judgement;  // the latest
  std::optional<ReplayRow> replay;
  std::map<std::string, std::string> environment;
  bool unvouched = false;  // it was made before there were seals: nothing vouches for its rows
  bool rerun = false;      // a replay that was made here gave the same artifact

  const PhaseRow* phase(std::string_view name) const;  // the latest attempt at it; null if there was none
  const ArtifactRow* artifact() const;                 // null if it was not saved
  const ArtifactRow* checkpoint() const;
  std::optional<double> metric(const std::string& name) const;
};

// Errors: usage for a run that was withdrawn.
void check_counts(const RunRecord& record);

// What is said of a run whose pgolf is gone, and of the phase in which that was.
inline constexpr char kPgolfEnded[] = "pgolf ended while this phase ran; its time is not known";
Failure lost_while(const RunRow& run);
void lose(PhaseRow& phase, const std::string& why = kPgolfEnded);

}  // namespace pgolf
